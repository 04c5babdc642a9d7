/** Versions as rows and back. */

import type { Row, SqlValue, Statement } from '../../../platform/database/statement.ts'
import type { KindName } from '../../object.ts'
import type { ConfigSource, JsonObject, StoredVersion, VersionFacts } from '../config-store.ts'
import type { Head, StagedVersion } from '../heads.ts'
import { noUsage } from '../measure.ts'

/** Of `config_objects o` joined with `config_versions v`. */
export const factColumns = `o.kind, o.namespace, o.name, v.revision, v.generation, v.uid, v.created_at_ms, v.changed_at_ms,
  v.changed_by, v.file, v.line, v.column_number`

export function versionOf(row: Row): StoredVersion {
  const { object } = row
  return { ...factsOf(row), object: typeof object === 'string' ? (JSON.parse(object) as JsonObject) : undefined }
}

/** Of a row with `is_live`, `bytes` and `routes`. */
export function headOf(row: Row): Head {
  const isLive = row.is_live === 1
  const usage = isLive ? { objects: 1, routes: Number(row.routes), bytes: Number(row.bytes) } : noUsage
  return { facts: factsOf(row), isLive, usage }
}

function factsOf(row: Row): VersionFacts {
  return {
    // Sound: only objects of known kinds are written.
    kind: String(row.kind) as KindName,
    namespace: String(row.namespace),
    name: String(row.name),
    revision: Number(row.revision),
    generation: Number(row.generation),
    uid: String(row.uid),
    createdAtMs: Number(row.created_at_ms),
    changedAtMs: Number(row.changed_at_ms),
    changedBy: String(row.changed_by),
    source: sourceOf(row),
  }
}

function sourceOf({ file, line, column_number: column }: Row): ConfigSource {
  return typeof file === 'string'
    ? { kind: 'file', file, line: Number(line), column: Number(column) }
    : { kind: 'store' }
}

export function commitStatements(
  revision: number,
  atMs: number,
  versions: readonly StagedVersion[],
): readonly Statement[] {
  return [
    { sql: 'INSERT INTO config_commits (revision, at_ms) VALUES (?, ?)', parameters: [revision, atMs] },
    ...versions.flatMap(versionStatements),
  ]
}

function versionStatements({ head, text }: StagedVersion): readonly Statement[] {
  const { kind, namespace, name, source, ...facts } = head.facts
  const id: readonly SqlValue[] = [kind, namespace, name]
  const place: readonly SqlValue[] =
    source.kind === 'file' ? [source.file, source.line, source.column] : [null, null, null]
  return [
    {
      sql: 'INSERT INTO config_objects (kind, namespace, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      parameters: id,
    },
    {
      sql: `INSERT INTO config_versions (object_id, revision, generation, uid, created_at_ms, changed_at_ms, changed_by, object,
              bytes, routes, file, line, column_number)
            SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM config_objects WHERE kind = ? AND namespace = ? AND name = ?`,
      parameters: [
        facts.revision,
        facts.generation,
        facts.uid,
        facts.createdAtMs,
        facts.changedAtMs,
        facts.changedBy,
        text ?? null,
        head.usage.bytes,
        head.usage.routes,
        ...place,
        ...id,
      ],
    },
  ]
}
