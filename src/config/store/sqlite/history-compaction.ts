/**
 * Takes from the history what its policy does not keep, in slices that hold up a write for milliseconds at most.
 *
 * The oldest revision moves forward over commits that are past the policy. When it passes a version of an object, the
 * versions before that one are needed by nobody any more, save the newest few of an object; when it passes a deletion that
 * nothing followed, the object is forgotten.
 */

import type { Clock } from '../../../platform/clock.ts'
import type { Database, Statement } from '../../../platform/database/database.ts'
import type { KindName } from '../../object.ts'
import type { ObjectId } from '../config-store.ts'
import type { HistoryPolicy } from './history-policy.ts'
import type { VersionReader } from './version-reader.ts'

export interface HistoryCompaction {
  /** Resolves with whether there is more to do. Rejects with `DATABASE_WRITE_FAILED`; then nothing of the slice was done. */
  slice(revision: number): Promise<boolean>
}

export interface HistoryCompactionOptions {
  readonly database: Database
  readonly reader: VersionReader
  readonly clock: Clock
  readonly policy: HistoryPolicy
  /** `gone`: objects of which nothing is left. */
  onCompacted(oldestRevision: number, gone: readonly ObjectId[]): void
}

/** Versions of one slice; a commit of more is a slice of its own. */
const versionsOfSlice = 200

export function createHistoryCompaction(options: HistoryCompactionOptions): HistoryCompaction {
  const { database, reader, clock, policy, onCompacted } = options
  const horizon = (revision: number): number =>
    Math.max(revision - policy.commits, reader.revisionAt(clock.now() - policy.ageMs, revision))
  return {
    async slice(revision) {
      const { oldestRevision } = reader.state()
      const target = horizon(revision)
      if (target <= oldestRevision) return false
      const end = endOfSlice(database, oldestRevision, target)
      const passed = database.all(
        `SELECT v.object_id, max(v.revision) AS revision FROM config_versions v
         WHERE v.revision > ? AND v.revision <= ? GROUP BY v.object_id`,
        [oldestRevision, end],
      )
      const gone = database.all(
        `SELECT o.id, o.kind, o.namespace, o.name FROM config_objects o
         JOIN config_versions v ON v.object_id = o.id AND v.revision = (SELECT max(revision) FROM config_versions WHERE object_id = o.id)
         WHERE v.object IS NULL AND o.id IN (SELECT object_id FROM config_versions WHERE revision > ? AND revision <= ?) AND v.revision <= ?`,
        [oldestRevision, end, end],
      )
      const statements: readonly Statement[] = [
        ...passed.map(row => superseded(Number(row.object_id), Number(row.revision), policy)),
        ...gone.flatMap(row => forgotten(Number(row.id), end)),
        { sql: 'DELETE FROM config_commits WHERE revision < ?', parameters: [end] },
        { sql: 'UPDATE config_state SET oldest_revision = ?', parameters: [end] },
      ]
      await database.write(statements)
      onCompacted(
        end,
        gone.map(({ kind, namespace, name }) => ({
          kind: String(kind) as KindName,
          namespace: String(namespace),
          name: String(name),
        })),
      )
      return end < target
    },
  }
}

function endOfSlice(database: Database, after: number, target: number): number {
  const row = database.get(
    'SELECT revision FROM config_versions WHERE revision > ? ORDER BY revision LIMIT 1 OFFSET ?',
    [after, versionsOfSlice],
  )
  // The commit at the limit is whole or not in the slice; a single commit of more is in it.
  return row === undefined ? target : Math.min(target, Math.max(after + 1, Number(row.revision) - 1))
}

function superseded(object: number, revision: number, { versionsOfObject }: HistoryPolicy): Statement {
  return {
    sql: `DELETE FROM config_versions WHERE object_id = ? AND revision < ? AND revision < coalesce(
            (SELECT revision FROM config_versions WHERE object_id = ? ORDER BY revision DESC LIMIT 1 OFFSET ?), 0)`,
    parameters: [object, revision, object, versionsOfObject - 1],
  }
}

/** Unless it was made again in the meantime: the writer is ahead of what was read. */
function forgotten(object: number, end: number): readonly Statement[] {
  return [
    {
      sql: `DELETE FROM config_versions WHERE object_id = ?
              AND NOT EXISTS (SELECT 1 FROM config_versions WHERE object_id = ? AND revision > ?)`,
      parameters: [object, object, end],
    },
    {
      sql: 'DELETE FROM config_objects WHERE id = ? AND NOT EXISTS (SELECT 1 FROM config_versions WHERE object_id = ?)',
      parameters: [object, object],
    },
  ]
}
