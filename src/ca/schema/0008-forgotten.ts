import type { Migration } from '../../platform/database/database.ts'

/**
 * `log_forgotten`: hashes of the leaves whose entries were pruned, so that every proof still holds. An entry may be deleted
 * only in the transaction that puts its hash here.
 */
export const forgottenSchema: Migration = {
  version: 8,
  name: 'pruned log',
  sql: `
      CREATE TABLE log_forgotten (
        position INTEGER PRIMARY KEY,
        hash BLOB NOT NULL
      ) STRICT;
      CREATE TRIGGER log_forgotten_stays BEFORE UPDATE ON log_forgotten
        BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
      CREATE TRIGGER log_forgotten_is_kept BEFORE DELETE ON log_forgotten
        BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
      DROP TRIGGER log_entry_is_kept;
      CREATE TRIGGER log_entry_is_kept BEFORE DELETE ON log_entry
        WHEN NOT EXISTS (SELECT 1 FROM log_forgotten WHERE position = OLD.position)
        BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
    `,
}
