import type { Migration } from '../../platform/database/database.ts'

export const revocationSchema: Migration = {
  version: 4,
  name: 'revocation',
  sql: 'SELECT 1;',
}
