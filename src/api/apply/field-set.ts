/**
 * The fields of an object as a set of paths, which is what a manager owns. In the managed fields of Kubernetes (`FieldsV1`) a
 * set is a tree whose edges are `f:NAME` (a member), `k:{KEYS}` (an entry of a list by its keys) and `v:VALUE` (an entry of a
 * set). https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */

import type { KindName } from '../../config/object.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { canonicalJson, isObject, type JsonObject, jsonEquals } from '../json-value.ts'
import { listIdentity } from '../list-keys.ts'

/** Edges from the object's root, joined by NUL. */
export type FieldPath = string
export type FieldSet = ReadonlySet<FieldPath>

const separator = '\0'
const deepest = 64

/** What the server writes itself; nobody owns it. */
const unowned: ReadonlySet<string> = new Set([
  'apiVersion',
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.generateName',
  'metadata.uid',
  'metadata.resourceVersion',
  'metadata.generation',
  'metadata.creationTimestamp',
  'metadata.managedFields',
])

/** Leaves, and the entries of lists that have an identity. Throws `REQUEST_INVALID` where an entry lacks its key. */
export function fieldsOfObject(kind: KindName, object: JsonObject): FieldSet {
  const found = new Set<FieldPath>()
  walk(object, { kind, path: '', edges: [] }, found)
  return found
}

interface Position {
  readonly kind: KindName
  /** For `listIdentity`. */
  readonly path: string
  readonly edges: readonly string[]
}

function walk(value: unknown, at: Position, found: Set<FieldPath>): void {
  if (unowned.has(at.path)) return
  if (isObject(value) && Object.keys(value).length > 0) {
    for (const [name, member] of Object.entries(value)) walk(member, memberOf(at, name), found)
    return
  }
  const keys = Array.isArray(value) ? listIdentity(at.kind, at.path)?.mapKeys : undefined
  if (!Array.isArray(value) || keys === undefined) {
    if (at.edges.length > 0) found.add(at.edges.join(separator))
    return
  }
  for (const entry of value) {
    const edges = [...at.edges, entryEdge(at, entry)]
    found.add(edges.join(separator))
    if (isObject(entry))
      for (const [name, member] of Object.entries(entry)) walk(member, memberOf({ ...at, edges }, name), found)
  }
}

const memberOf = (at: Position, name: string): Position => ({
  kind: at.kind,
  path: at.path === '' ? name : `${at.path}.${name}`,
  edges: [...at.edges, `f:${name}`],
})

function entryEdge({ kind, path }: Position, entry: unknown): string {
  const { mapKeys = [], defaults = {} } = listIdentity(kind, path) ?? {}
  if (mapKeys.length === 0) return `v:${canonicalJson(entry)}`
  const values = mapKeys.map(key => [key, (isObject(entry) ? entry[key] : undefined) ?? defaults[key]] as const)
  const missing = values.find(([, value]) => value === undefined)
  if (missing !== undefined) {
    throw new MeshwrightError('REQUEST_INVALID', {
      message: `${path}: an entry has no ${missing[0]}, by which entries are told apart`,
    })
  }
  return `k:${canonicalJson(Object.fromEntries(values))}`
}

/** `applied` over `live`: members and entries with an identity are merged, everything else is replaced. */
export function mergeApplied(kind: KindName, live: unknown, applied: unknown, path = ''): unknown {
  const below = (name: string): string => (path === '' ? name : `${path}.${name}`)
  if (isObject(applied) && isObject(live)) {
    const merged = new Map(Object.entries(live))
    for (const [name, value] of Object.entries(applied)) {
      merged.set(name, merged.has(name) ? mergeApplied(kind, merged.get(name), value, below(name)) : value)
    }
    return Object.fromEntries(merged)
  }
  if (!Array.isArray(applied) || !Array.isArray(live) || listIdentity(kind, path) === undefined) return applied
  const at: Position = { kind, path, edges: [] }
  const appliedBy = new Map(applied.map(entry => [entryEdge(at, entry), entry]))
  const kept = live.map(entry => {
    const edge = entryEdge(at, entry)
    const newer: unknown = appliedBy.get(edge)
    appliedBy.delete(edge)
    return newer === undefined ? entry : mergeApplied(kind, entry, newer, path)
  })
  return [...kept, ...appliedBy.values()]
}

/** Undefined: it is not there. */
export function valueAt(kind: KindName, object: JsonObject, field: FieldPath): unknown {
  let value: unknown = object
  let path = ''
  for (const edge of field.split(separator)) {
    if (edge.startsWith('f:')) {
      const name = edge.slice(2)
      value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
      path = path === '' ? name : `${path}.${name}`
    } else {
      value = Array.isArray(value) ? entriesOf(value, { kind, path, edges: [] }).get(edge) : undefined
    }
  }
  return value
}

/** Lists are never changed in place, and each stands in one place of one object. */
const entriesByList = new WeakMap<readonly unknown[], ReadonlyMap<string, unknown>>()

/** By their edges; of equal ones the first. */
function entriesOf(list: readonly unknown[], at: Position): ReadonlyMap<string, unknown> {
  let entries = entriesByList.get(list)
  if (entries === undefined) {
    entries = new Map(list.toReversed().map(entry => [edgeOrNone(at, entry), entry]))
    entriesByList.set(list, entries)
  }
  return entries
}

/** Without the fields; what becomes empty by that goes, too. */
export function withoutFields(kind: KindName, object: JsonObject, fields: FieldSet): JsonObject {
  if (fields.size === 0) return object
  const removed = remove(object, { kind, path: '', edges: [] }, fields)
  return isObject(removed) ? removed : {}
}

function remove(value: unknown, at: Position, fields: FieldSet): unknown {
  if (at.edges.length > 0 && fields.has(at.edges.join(separator)) && !isListOrMap(value)) return undefined
  if (isObject(value)) {
    const kept = Object.entries(value).flatMap(([name, member]) => {
      const rest = remove(member, memberOf(at, name), fields)
      return rest === undefined ? [] : [[name, rest] as const]
    })
    return kept.length === 0 && Object.keys(value).length > 0 ? undefined : Object.fromEntries(kept)
  }
  if (!Array.isArray(value)) return value
  if (listIdentity(at.kind, at.path) === undefined) return fields.has(at.edges.join(separator)) ? undefined : value
  const kept = value.flatMap((entry): unknown[] => {
    const edges = [...at.edges, edgeOrNone(at, entry)]
    if (fields.has(edges.join(separator))) return []
    const rest = isObject(entry) ? remove(entry, { ...at, edges }, fields) : entry
    return rest === undefined ? [] : [rest]
  })
  return kept.length === 0 && value.length > 0 ? undefined : kept
}

const isListOrMap = (value: unknown): boolean =>
  Array.isArray(value) || (isObject(value) && Object.keys(value).length > 0)

/** Of an entry that was stored by somebody who does not know of its key. */
function edgeOrNone(at: Position, entry: unknown): string {
  try {
    return entryEdge(at, entry)
  } catch {
    return 'none'
  }
}

/** Of both, with equal values in both. */
export function fieldsChanged(
  kind: KindName,
  before: JsonObject,
  after: JsonObject,
): { changed: FieldSet; removed: FieldSet } {
  const [old, now] = [fieldsOfObject(kind, before), fieldsOfObject(kind, after)]
  const isSame = (field: FieldPath): boolean =>
    old.has(field) && jsonEquals(scalarAt(kind, before, field), scalarAt(kind, after, field))
  return {
    changed: new Set([...now].filter(field => !isSame(field))),
    removed: new Set([...old].filter(field => !now.has(field))),
  }
}

/** An entry with an identity is there or not; what it holds are fields of their own. */
function scalarAt(kind: KindName, object: JsonObject, field: FieldPath): unknown {
  const last = field.slice(field.lastIndexOf(separator) + 1)
  return last.startsWith('k:') ? true : valueAt(kind, object, field)
}

export function fieldsV1From(fields: FieldSet): JsonObject {
  interface Tree {
    [edge: string]: Tree
  }
  const root: Tree = Object.create(null) as Tree
  for (const field of [...fields].sort()) {
    let tree = root
    for (const edge of field.split(separator)) {
      tree[edge] ??= Object.create(null) as Tree
      tree = tree[edge] as Tree
    }
    tree['.'] = {}
  }
  // A leaf is an empty tree; `.` says that an entry is owned beside what it holds.
  const pruned = (tree: Tree): JsonObject => {
    const edges = Object.keys(tree)
    if (edges.length === 1 && edges[0] === '.') return {}
    return Object.fromEntries(edges.sort().map(edge => [edge, edge === '.' ? {} : pruned(tree[edge] as Tree)]))
  }
  return pruned(root)
}

/** Throws `REQUEST_INVALID`. */
export function fieldsFromV1(value: unknown): FieldSet {
  const found = new Set<FieldPath>()
  const visit = (tree: unknown, edges: readonly string[]): void => {
    if (!isObject(tree) || edges.length > deepest) throw invalid()
    const names = Object.keys(tree)
    if (names.length === 0 && edges.length > 0) found.add(edges.join(separator))
    for (const edge of names) {
      if (edge === '.') found.add(edges.join(separator))
      else if (/^[fkvi]:/.test(edge) && !edge.includes(separator)) visit(tree[edge], [...edges, edge])
      else throw invalid()
    }
  }
  visit(value, [])
  return found
}

/** As messages show it: `.spec.ports[port=80,protocol="TCP"].name`. */
export function formatField(field: FieldPath): string {
  return field
    .split(separator)
    .map(edge => {
      const rest = edge.slice(2)
      if (edge.startsWith('f:')) return `.${rest}`
      if (edge.startsWith('v:')) return `[=${rest}]`
      const keys = Object.entries(JSON.parse(rest) as object).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
      return `[${keys.join(',')}]`
    })
    .join('')
}

const invalid = (): MeshwrightError =>
  new MeshwrightError('REQUEST_INVALID', { message: 'metadata.managedFields: fieldsV1 is not of that form' })
