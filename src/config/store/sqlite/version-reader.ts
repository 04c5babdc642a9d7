/**
 * What is on disk, read on the caller's thread. The state at a revision is, of each object, its newest version up to it:
 * one seek an object, now and then alike, whatever the history holds.
 */

import type { Database, SqlValue } from '../../../platform/database/database.ts'
import type { ListQuery, ObjectId, StoredVersion } from '../config-store.ts'
import type { Head } from '../heads.ts'
import { factColumns, headOf, versionOf } from './version-rows.ts'

export interface VersionReader {
  state(): { readonly revision: number; readonly oldestRevision: number }
  lastCommitMs(): number
  /** Of every object of which a version is kept, up to the revision. */
  heads(): readonly Head[]
  get(id: ObjectId, at: number): StoredVersion | undefined
  /** How many versions there are. Cost: their number. */
  count(): number
  /** The object as JSON. */
  text(id: ObjectId, at: number): string | undefined
  list(query: ListQuery, at: number): readonly StoredVersion[]
  history(id: ObjectId, upTo: number): readonly StoredVersion[]
  revisionAt(timeMs: number, upTo: number): number
  /** By revision, then kind, namespace, name. */
  between(after: number, upTo: number): readonly StoredVersion[]
}

// From the objects to their versions, never the other way: CROSS keeps SQLite from reading the whole history (bench/config.ts).
const joined = 'config_objects o CROSS JOIN config_versions v ON v.object_id = o.id'
const newestUpTo = 'v.revision = (SELECT max(revision) FROM config_versions WHERE object_id = o.id AND revision <= ?)'
const ofId = 'o.kind = ? AND o.namespace = ? AND o.name = ?'

export function createVersionReader(database: Database): VersionReader {
  return {
    state() {
      const row = database.get('SELECT revision, oldest_revision FROM config_state')
      return { revision: Number(row?.revision), oldestRevision: Number(row?.oldest_revision) }
    },
    lastCommitMs: () =>
      Number(database.get('SELECT at_ms FROM config_commits ORDER BY revision DESC LIMIT 1')?.at_ms ?? 0),
    heads: () =>
      database
        .all(
          `SELECT ${factColumns}, v.object IS NOT NULL AS is_live, v.bytes, v.routes FROM ${joined}
           AND v.revision = (SELECT max(revision) FROM config_versions WHERE object_id = o.id)`,
        )
        .map(headOf),
    get(id, at) {
      const row = database.get(`SELECT ${factColumns}, v.object FROM ${joined} AND ${newestUpTo} WHERE ${ofId}`, [
        at,
        ...parametersOf(id),
      ])
      return row === undefined || row.object === null ? undefined : versionOf(row)
    },
    count: () => Number(database.get('SELECT count(*) AS n FROM config_versions')?.n),
    text(id, at) {
      const row = database.get(`SELECT v.object FROM ${joined} AND ${newestUpTo} WHERE ${ofId}`, [
        at,
        ...parametersOf(id),
      ])
      return typeof row?.object === 'string' ? row.object : undefined
    },
    list(query, at) {
      const { where, parameters } = filterOf(query)
      return database
        .all(
          `SELECT ${factColumns}, v.object FROM ${joined} AND ${newestUpTo} WHERE v.object IS NOT NULL${where}
           ORDER BY o.kind, o.namespace, o.name LIMIT ?`,
          [at, ...parameters, query.limit ?? -1],
        )
        .map(versionOf)
    },
    history: (id, upTo) =>
      database
        .all(
          `SELECT ${factColumns}, v.object FROM ${joined} WHERE ${ofId} AND v.revision <= ? ORDER BY v.revision DESC`,
          [...parametersOf(id), upTo],
        )
        .map(versionOf),
    revisionAt(timeMs, upTo) {
      // The times of commits never go back, so the last one in time is the last one in order.
      const row = database.get(
        'SELECT revision FROM config_commits WHERE at_ms <= ? AND revision <= ? ORDER BY at_ms DESC, revision DESC LIMIT 1',
        [timeMs, upTo],
      )
      return Number(row?.revision ?? 0)
    },
    between: (after, upTo) =>
      database
        .all(
          `SELECT ${factColumns}, v.object FROM config_versions v JOIN config_objects o ON o.id = v.object_id
           WHERE v.revision > ? AND v.revision <= ? ORDER BY v.revision, o.kind, o.namespace, o.name`,
          [after, upTo],
        )
        .map(versionOf),
  }
}

const parametersOf = ({ kind, namespace, name }: ObjectId): readonly SqlValue[] => [kind, namespace, name]

function filterOf({ kind, namespace, after }: ListQuery): {
  readonly where: string
  readonly parameters: readonly SqlValue[]
} {
  const parts: string[] = []
  const parameters: SqlValue[] = []
  const add = (part: string, ...values: readonly SqlValue[]): void => {
    parts.push(` AND ${part}`)
    parameters.push(...values)
  }
  if (kind !== undefined) add('o.kind = ?', kind)
  if (namespace !== undefined) add('o.namespace = ?', namespace)
  if (after !== undefined) add('(o.kind, o.namespace, o.name) > (?, ?, ?)', ...parametersOf(after))
  return { where: parts.join(''), parameters }
}
