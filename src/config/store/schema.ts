/** The tables of the configuration store. A migration that has been released never changes; a new one is added behind it. */

import type { Migration } from '../../platform/database/database.ts'

/**
 * `config_state`: the newest revision, and the oldest that is known in full.
 * `config_commits`: when each was made. Revisions have no gap: a commit that was built on one that failed fails too.
 * `config_objects`: every object of which a version is kept, the deleted among them.
 * `config_versions`: `object` NULL is a deletion; `file` NULL is an object of the store's own. Rows are appended, and found
 * by object and revision, so that a write costs the same whatever the history holds.
 */
const versions: Migration = {
  version: 6,
  name: 'configuration',
  sql: `
      CREATE TABLE config_state (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        revision INTEGER NOT NULL,
        oldest_revision INTEGER NOT NULL
      ) STRICT;
      INSERT INTO config_state VALUES (1, 0, 0);

      CREATE TABLE config_commits (
        revision INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX config_commits_by_time ON config_commits (at_ms, revision);
      CREATE TRIGGER config_commits_in_order BEFORE INSERT ON config_commits
        WHEN NEW.revision <> (SELECT revision + 1 FROM config_state)
        BEGIN SELECT RAISE(ABORT, 'the commit before it failed'); END;
      CREATE TRIGGER config_commits_counted AFTER INSERT ON config_commits
        BEGIN UPDATE config_state SET revision = NEW.revision; END;

      CREATE TABLE config_objects (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        namespace TEXT NOT NULL,
        name TEXT NOT NULL,
        UNIQUE (kind, namespace, name)
      ) STRICT;

      CREATE TABLE config_versions (
        number INTEGER PRIMARY KEY,
        object_id INTEGER NOT NULL REFERENCES config_objects (id),
        revision INTEGER NOT NULL,
        generation INTEGER NOT NULL,
        uid TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL,
        changed_at_ms INTEGER NOT NULL,
        changed_by TEXT NOT NULL,
        object TEXT CHECK (object IS NULL OR json_valid(object)),
        bytes INTEGER NOT NULL,
        routes INTEGER NOT NULL,
        file TEXT,
        line INTEGER,
        column_number INTEGER,
        UNIQUE (object_id, revision)
      ) STRICT;
      CREATE INDEX config_versions_by_revision ON config_versions (revision);
    `,
}

export const configMigrations: readonly Migration[] = [versions]
