import type { Migration } from '../../platform/database/database.ts'

export const trustSchema: Migration = {
  version: 3,
  name: 'trust and rotation',
  sql: `
      CREATE TABLE trust (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        generation INTEGER NOT NULL,
        content TEXT NOT NULL CHECK (json_valid(content))
      ) STRICT;
    `,
}
