import type { Migration } from '../../platform/database/database.ts'

/**
 * `revocation`: what an operator ordered, with its ban on issuing. `revoked_certificate`: what follows for certificates;
 * a row goes when its certificate has expired. `withdrawn_workload`: where revoked certificates were in use.
 */
export const revocationSchema: Migration = {
  version: 4,
  name: 'revocation',
  sql: `
      CREATE TABLE revocation (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL CHECK (kind IN ('serial', 'identity', 'key', 'issuer')),
        value TEXT NOT NULL,
        reason TEXT NOT NULL,
        revoked_at_ms INTEGER NOT NULL,
        ban_until_ms INTEGER,
        lifted_at_ms INTEGER
      ) STRICT;
      CREATE INDEX revocation_in_force ON revocation (kind, value) WHERE lifted_at_ms IS NULL;
      CREATE TABLE revoked_certificate (
        serial_number TEXT PRIMARY KEY,
        revocation_id INTEGER NOT NULL REFERENCES revocation (id),
        identity TEXT NOT NULL,
        issuer_fingerprint TEXT NOT NULL,
        key_fingerprint TEXT NOT NULL,
        digest TEXT NOT NULL,
        reason TEXT NOT NULL,
        revoked_at_ms INTEGER NOT NULL,
        not_after_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE withdrawn_workload (
        node_id TEXT PRIMARY KEY,
        serial_number TEXT NOT NULL REFERENCES revoked_certificate (serial_number) ON DELETE CASCADE,
        namespace TEXT NOT NULL,
        service_account TEXT NOT NULL,
        addresses TEXT NOT NULL CHECK (json_valid(addresses))
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE revocation_drain (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        generation INTEGER NOT NULL
      ) STRICT;
    `,
}
