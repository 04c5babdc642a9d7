import type { Migration } from '../../platform/database/database.ts'

export const callersSchema: Migration = {
  version: 5,
  name: 'callers',
  sql: 'SELECT 1;',
}
