import type { Migration } from '../../platform/database/database.ts'

const writerUrl = new URL(
  import.meta.url.endsWith('.ts') ? '../log/log-writer.ts' : '../log/log-writer.js',
  import.meta.url,
)

export const logSchema: Migration = {
  version: 2,
  name: 'transparency log',
  writerExtension: writerUrl,
  // Issuances are found through their own table's indexes, so their entries leave identity and serial number null.
  sql: `
      CREATE TABLE log_entry (
        position INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        identity TEXT,
        serial_number TEXT,
        body BLOB NOT NULL
      ) STRICT;
      CREATE INDEX log_entry_by_identity ON log_entry (identity) WHERE identity IS NOT NULL;
      CREATE INDEX log_entry_by_serial ON log_entry (serial_number) WHERE serial_number IS NOT NULL;
      CREATE INDEX log_entry_by_rare_kind ON log_entry (kind) WHERE kind NOT IN ('issue', 'renewal');
      CREATE TABLE log_node (
        level INTEGER NOT NULL CHECK (level > 0),
        position INTEGER NOT NULL,
        hash BLOB NOT NULL,
        PRIMARY KEY (level, position)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE log_epoch (
        epoch INTEGER PRIMARY KEY,
        first_position INTEGER NOT NULL,
        started_at_ms INTEGER NOT NULL,
        reason TEXT NOT NULL
      ) STRICT;
      CREATE TABLE restore_pending (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        since_ms INTEGER NOT NULL,
        reason TEXT NOT NULL
      ) STRICT;
      CREATE TRIGGER log_entry_stays BEFORE UPDATE ON log_entry BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
      CREATE TRIGGER log_entry_is_kept BEFORE DELETE ON log_entry BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
      CREATE TRIGGER log_node_stays BEFORE UPDATE ON log_node BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
      CREATE TRIGGER log_node_is_kept BEFORE DELETE ON log_node BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
      ALTER TABLE issuance ADD COLUMN digest TEXT NOT NULL DEFAULT '';
      ALTER TABLE issuance ADD COLUMN issuer_fingerprint TEXT NOT NULL DEFAULT '';
      ALTER TABLE issuance ADD COLUMN log_position INTEGER;
      CREATE INDEX issuance_by_log_position ON issuance (log_position);
      CREATE INDEX issuance_by_key ON issuance (key_fingerprint);
      CREATE INDEX issuance_by_issuer ON issuance (issuer_fingerprint, not_after_ms);
    `,
}
