import type { Migration } from '../../platform/database/database.ts'

/**
 * `revocation_event`: what was ordered, certificate by certificate, as a chain of hashes that agents keep too. It begins
 * with a random hash, so that a chain of another database, or from before this one had any, never fits to it.
 * `log_slot`: the first entry of each ten minutes in which there was one, so that a look-up by time passes over few
 * entries, whichever way the clock was set.
 */
export const custodySchema: Migration = {
  version: 7,
  name: 'custody',
  sql: `
      CREATE TABLE revocation_event (
        sequence INTEGER PRIMARY KEY,
        body BLOB NOT NULL,
        hash BLOB NOT NULL
      ) STRICT;
      INSERT INTO revocation_event (sequence, body, hash) VALUES (0, x'', randomblob(32));
      ALTER TABLE restore_pending ADD COLUMN revocation_sequence INTEGER;
      CREATE TABLE log_slot (
        slot INTEGER PRIMARY KEY,
        first_position INTEGER NOT NULL
      ) STRICT;
      INSERT INTO log_slot (slot, first_position)
        SELECT at_ms / 600000, min(position) FROM log_entry GROUP BY 1;
    `,
}
