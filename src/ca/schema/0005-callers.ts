import type { Migration } from '../../platform/database/database.ts'

/** `identity_provider_keys`: the last good keys of each issuer of tokens. */
export const callersSchema: Migration = {
  version: 5,
  name: 'callers',
  sql: `
      CREATE TABLE identity_provider_keys (
        issuer TEXT PRIMARY KEY,
        key_set TEXT NOT NULL CHECK (json_valid(key_set)),
        fetched_at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
    `,
}
