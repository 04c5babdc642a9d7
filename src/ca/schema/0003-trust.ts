import type { Migration } from '../../platform/database/database.ts'

export const trustSchema: Migration = {
  version: 3,
  name: 'trust and rotation',
  sql: 'SELECT 1;',
}
