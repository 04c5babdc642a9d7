import type { Migration } from '../../platform/database/database.ts'

export const logSchema: Migration = {
  version: 2,
  name: 'transparency log',
  sql: 'SELECT 1;',
}
