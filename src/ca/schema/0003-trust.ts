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
      CREATE TABLE ca_signer (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        fingerprint TEXT NOT NULL
      ) STRICT;
      CREATE TABLE rotation (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        step TEXT NOT NULL CHECK (step IN ('prepared', 'distributed', 'switched', 'reissued', 'done', 'aborted')),
        direction TEXT NOT NULL CHECK (direction IN ('forward', 'back')),
        from_root TEXT NOT NULL,
        to_root TEXT NOT NULL,
        cross_certificate_pem TEXT NOT NULL,
        window_ms INTEGER NOT NULL,
        started_at_ms INTEGER NOT NULL,
        step_at_ms INTEGER NOT NULL,
        generation INTEGER NOT NULL,
        last_issuance INTEGER NOT NULL
      ) STRICT;
      CREATE UNIQUE INDEX rotation_under_way ON rotation ((1)) WHERE step NOT IN ('done', 'aborted');
      CREATE TABLE retired_root (
        fingerprint TEXT PRIMARY KEY,
        certificate_pem TEXT NOT NULL,
        cross_certificate_pem TEXT NOT NULL,
        until_ms INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX issuance_by_evidence ON issuance (evidence_detail);
    `,
}
