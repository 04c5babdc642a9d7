/** Objects as rows of a `Table`, which is what `kubectl get` prints. https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables */

import type { ObjectStatus } from '../../config/object-status.ts'
import { isMeshKind } from '../../config/openapi/object-schema.ts'
import type { ConfigEntry } from '../../config/store/config-access.ts'
import { isObject, type JsonObject } from '../json-value.ts'
import type { ServedKind } from '../resources/served-kinds.ts'
import { formatAge } from './age.ts'
import { type ListedProxies, proxiesWord, stateWord } from './object-status-view.ts'

/** What stands in each row beside its cells. */
export type IncludeObject = 'Metadata' | 'Object' | 'None'

export interface TableRow {
  readonly entry: ConfigEntry
  readonly status: ObjectStatus | undefined
  /** Of a list. */
  readonly proxies?: ListedProxies
  /** As the API shows it. */
  readonly object: JsonObject
}

export interface TableOptions {
  readonly served: ServedKind
  readonly include: IncludeObject
  readonly nowMs: number
  readonly metadata: JsonObject
}

export function tableOf(rows: readonly TableRow[], { served, include, nowMs, metadata }: TableOptions): JsonObject {
  const { kind } = served
  const columns = kind.columns ?? []
  const hasProxies = isMeshKind(kind)
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: [
      { ...column('Name', 'Unique within the namespace.'), format: 'name' },
      ...columns.map(({ name, path }) => column(name, `The field ${path}.`)),
      column('State', 'Whether the object is in force.'),
      ...(hasProxies ? [column('Proxies', 'Those that have acknowledged it, of those that it concerns.')] : []),
      column('Age', 'Since it was created.'),
      column('Revision', 'Of its last change.', 1),
      column('Source', 'The store, or a file.', 1),
      column('Changed by', 'The credential that made this version, or a file.', 1),
    ],
    rows: rows.map(({ entry, status, proxies, object }) => ({
      cells: [
        entry.name,
        ...columns.map(({ path }) => cellAt(object, path)),
        stateWord(entry, status),
        ...(hasProxies ? [proxiesWord(status?.proxies ?? proxies)] : []),
        entry.revision === 0 ? '<unknown>' : formatAge(nowMs - entry.createdAtMs),
        entry.revision === 0 ? '<none>' : String(entry.revision),
        entry.source.kind === 'store' ? 'store' : `${entry.source.file}:${entry.source.line}`,
        entry.changedBy,
      ],
      ...(include === 'None' ? {} : { object: include === 'Object' ? object : partialMetadata(object) }),
    })),
  }
}

/** `PartialObjectMetadata`: the object without what it says. */
export const partialMetadata = ({ metadata }: JsonObject): JsonObject => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata,
})

const column = (name: string, description: string, priority = 0): JsonObject => ({
  name,
  type: 'string',
  format: '',
  description,
  priority,
})

/** `path`: `.spec.hosts`, with `[0]` and `\.` in names. */
function cellAt(object: JsonObject, path: string): string {
  let value: unknown = object
  for (const [, name = '', index] of path.matchAll(/\.((?:\\.|[^.[\\])+)|\[(\d+)\]/g)) {
    if (index !== undefined) value = Array.isArray(value) ? value[Number(index)] : undefined
    else value = isObject(value) ? value[name.replaceAll('\\', '')] : undefined
  }
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
