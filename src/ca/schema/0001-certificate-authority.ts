import type { Migration } from '../../platform/database/database.ts'

export const certificateAuthoritySchema: Migration = {
  version: 1,
  name: 'certificate authority',
  sql: `
      CREATE TABLE ca_root (
        fingerprint TEXT PRIMARY KEY,
        certificate_pem TEXT NOT NULL,
        sealed_key BLOB NOT NULL,
        added_at_ms INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE ca_secret (
        name TEXT PRIMARY KEY,
        sealed BLOB NOT NULL
      ) STRICT;
      CREATE TABLE join_token (
        id TEXT PRIMARY KEY,
        hash TEXT NOT NULL,
        identity TEXT NOT NULL,
        expires_at_ms INTEGER NOT NULL,
        uses INTEGER NOT NULL CHECK (uses > 0)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE join_token_key (
        token_id TEXT NOT NULL REFERENCES join_token (id) ON DELETE CASCADE,
        key_fingerprint TEXT NOT NULL,
        PRIMARY KEY (token_id, key_fingerprint)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE issuance (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        serial_number TEXT NOT NULL,
        identity TEXT NOT NULL,
        issued_at_ms INTEGER NOT NULL,
        not_after_ms INTEGER NOT NULL,
        key_fingerprint TEXT NOT NULL,
        evidence TEXT NOT NULL,
        evidence_detail TEXT NOT NULL,
        peer_address TEXT NOT NULL
      ) STRICT;
      CREATE INDEX issuance_by_identity ON issuance (identity, not_after_ms);
      CREATE UNIQUE INDEX issuance_by_serial ON issuance (serial_number);
    `,
}
