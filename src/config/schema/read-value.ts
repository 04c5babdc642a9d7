/**
 * From a YAML node and a schema to the normalised, frozen value: the rules of proto JSON for Istio's messages (camelCase
 * and snake_case, enum numbers, numbers in quotes, null for absent, unknown fields refused), those of Kubernetes for its
 * structures (names as they are, unknown fields passed over). Remembers where each field stands for later complaints.
 */

import Type, { type TArray, type TObject, type TRecord, type TSchema } from 'typebox'
import { isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml'
import { type KeyForm, keywordsOf, text } from './fields.ts'
import { isLabelKey, isLabelValue } from './label-syntax.ts'
import { readScalar } from './read-scalar.ts'

/** What a reader writes to. `field` names the place in camelCase, `offset` is the position in the text. */
export interface Reading {
  /** Field → offset of its value, or of its key where the value is a collection. */
  readonly places: Map<string, number>
  readonly dialect: 'proto' | 'kubernetes'
  error(complaint: Complaint): void
  /** A field that the schema of a proto message does not have; `known` are those that it has. */
  unknown(complaint: Complaint, known: readonly string[]): void
}

export interface Complaint {
  readonly offset: number
  readonly field: string
  readonly reason: string
  readonly remedy?: string
}

/** Undefined when the node is null, or when it is wrong; then `reading.error` was called. */
export function readValue(schema: TSchema, node: Node, field: string, reading: Reading): unknown {
  if (isScalar(node) && node.value === null) return undefined
  if (Type.IsRecord(schema)) return readRecord(schema, node, field, reading)
  if (Type.IsObject(schema)) return readObject(schema, node, field, reading)
  if (Type.IsArray(schema)) return readList(schema, node, field, reading)
  if (Type.IsUnknown(schema)) return readAnything(node, field, reading)
  if (isScalar(node)) return readScalar(schema, node, field, reading)
  return wrong(node, field, 'must be a single value', reading)
}

/** The fields of a mapping by their canonical names, in the order of the schema. */
export function readObject(schema: TObject, node: Node, field: string, reading: Reading): object | undefined {
  if (!isMap(node)) return wrong(node, field, 'must be a mapping of fields', reading)
  const found = fieldsOf(schema, node, field, reading)
  const result: Record<string, unknown> = {}
  for (const [name, fieldSchema] of Object.entries(schema.properties)) {
    const place = join(field, name)
    const pair = found.get(name)
    const value = pair === undefined ? undefined : readPair(fieldSchema, pair, place, reading)
    if (value !== undefined) result[name] = value
    else if (!Type.IsOptional(fieldSchema) && isAbsent(pair)) missing(pair ?? node, place, reading)
  }
  checkExclusive(schema, result, found, field, reading)
  return Object.freeze(result)
}

/** The place of a field, or of the nearest thing around it that is written. */
export function placeFor(field: string, places: ReadonlyMap<string, number>): number | undefined {
  for (let name = field; name !== ''; ) {
    const offset = places.get(name)
    if (offset !== undefined) return offset
    name = name.slice(0, Math.max(name.lastIndexOf('.'), name.lastIndexOf('['), 0))
  }
  return undefined
}

/** `parent.name`; a name that is no identifier follows the dot as it is. */
export const join = (parent: string, name: string): string => (parent === '' ? name : `${parent}.${name}`)

export const offsetOf = (node: Node | Pair<Node, Node | null>): number =>
  'key' in node ? offsetOf(node.key) : (node.range?.[0] ?? 0)

function fieldsOf(schema: TObject, node: YAMLMap, field: string, reading: Reading): ReadonlyMap<string, FieldPair> {
  const found = new Map<string, FieldPair>()
  for (const pair of node.items as FieldPair[]) {
    const written = keyText(pair, field, reading)
    if (written === undefined) continue
    const name = fieldName(schema, written, reading.dialect)
    if (name === undefined) {
      // Kubernetes passes over what it does not know; Istio refuses it, and so do we: a misspelt field is a policy that does nothing.
      if (keywordsOf(schema).additionalProperties === false) unknownField(schema, pair, join(field, written), reading)
      continue
    }
    if (found.has(name)) {
      reading.error({
        offset: offsetOf(pair),
        field: join(field, name),
        reason: 'is written twice, in camelCase and in snake_case',
        remedy: 'remove one of the two',
      })
    } else found.set(name, pair)
  }
  return found
}

/** Keys are nodes in a parsed document; only documents made by hand have others. */
type FieldPair = Pair<Node, Node | null>

function fieldName(schema: TObject, written: string, dialect: Reading['dialect']): string | undefined {
  if (Object.hasOwn(schema.properties, written)) return written
  if (dialect === 'kubernetes' || !written.includes('_')) return undefined
  const camel = written.replaceAll(/_([A-Za-z0-9])/g, (_whole, letter: string) => letter.toUpperCase())
  return Object.hasOwn(schema.properties, camel) ? camel : undefined
}

function unknownField(schema: TObject, pair: FieldPair, field: string, reading: Reading): void {
  const name = field.slice(field.lastIndexOf('.') + 1)
  const known = Object.keys(schema.properties)
  const near = known.find(candidate => isNear(candidate, name))
  const remedy = near === undefined ? `known here: ${known.join(', ')}` : `did you mean ${near}?`
  reading.unknown({ offset: offsetOf(pair), field, reason: 'is not a known field', remedy }, known)
}

/** Equal but for case, or one letter more, less or other. Linear. */
function isNear(known: string, written: string): boolean {
  const a = known.toLowerCase()
  const b = written.toLowerCase()
  if (Math.abs(a.length - b.length) > 1) return false
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  let end = 0
  while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  return Math.max(a.length, b.length) - start - end <= 1
}

function readPair(schema: TSchema, pair: FieldPair, field: string, reading: Reading): unknown {
  const node = pair.value
  if (node === null) return undefined
  reading.places.set(field, isScalar(node) ? offsetOf(node) : offsetOf(pair))
  return readValue(schema, node, field, reading)
}

const isAbsent = (pair: FieldPair | undefined): boolean =>
  pair === undefined || pair.value === null || (isScalar(pair.value) && pair.value.value === null)

function missing(at: Node | FieldPair, field: string, reading: Reading): void {
  reading.error({ offset: offsetOf(at), field, reason: 'is required' })
}

function checkExclusive(
  schema: TObject,
  value: object,
  found: ReadonlyMap<string, FieldPair>,
  field: string,
  reading: Reading,
): void {
  for (const group of keywordsOf(schema).exclusive ?? []) {
    const [first, second] = group.filter(name => Object.hasOwn(value, name))
    if (first === undefined || second === undefined) continue
    const pair = found.get(second)
    reading.error({
      offset: pair === undefined ? 0 : offsetOf(pair),
      field: join(field, second),
      reason: `cannot stand beside ${first}`,
      remedy: 'keep one of the two',
    })
  }
}

function readList(schema: TArray, node: Node, field: string, reading: Reading): readonly unknown[] | undefined {
  if (!isSeq(node)) return wrong(node, field, 'must be a list', reading)
  const { minItems: fewest = 0, maxItems: longest = Number.POSITIVE_INFINITY } = keywordsOf(schema)
  if (node.items.length < fewest) return wrong(node, field, 'is empty', reading, 'name an entry')
  if (node.items.length > longest)
    return wrong(node, field, `holds ${node.items.length} entries, more than ${longest}`, reading)
  const result: unknown[] = []
  for (const [index, item] of (node.items as Node[]).entries()) {
    const place = `${field}[${index}]`
    reading.places.set(place, offsetOf(item))
    if (isScalar(item) && item.value === null) wrong(item, place, 'must not be null', reading)
    else result.push(readValue(schema.items, item, place, reading))
  }
  return Object.freeze(result)
}

function readRecord(schema: TRecord, node: Node, field: string, reading: Reading): object | undefined {
  if (!isMap(node)) return wrong(node, field, 'must be a mapping', reading)
  const { maxProperties: most = Number.POSITIVE_INFINITY, keyForm = 'text' } = keywordsOf(schema)
  if (node.items.length > most)
    return wrong(node, field, `holds ${node.items.length} entries, more than ${most}`, reading)
  const valueSchema = Type.RecordValue(schema)
  const entries: [string, unknown][] = []
  for (const pair of node.items as FieldPair[]) {
    const key = keyText(pair, field, reading)
    if (key === undefined) continue
    const place = join(field, key)
    const fault = keyFault(key, keyForm)
    if (fault !== undefined) reading.error({ offset: offsetOf(pair), field: place, ...fault })
    const value = Type.IsUnknown(valueSchema) && isAbsent(pair) ? null : readPair(valueSchema, pair, place, reading)
    if (value === undefined && isAbsent(pair)) wrong(pair, place, 'must not be null', reading)
    if (keyForm === 'label' && typeof value === 'string' && !isLabelValue(value)) {
      wrong(pair.value ?? pair, place, `'${value}' is not a label value`, reading)
    }
    if (value !== undefined) entries.push([key, value])
  }
  // Sorted, so that two spellings of one mapping are one value. fromEntries defines own properties, whatever the key is called.
  return Object.freeze(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))))
}

/** JSON as it is written, for messages that belong to somebody else. */
function readAnything(node: Node, field: string, reading: Reading): unknown {
  if (isScalar(node)) return scalarOf(node, field, reading)
  if (isSeq(node)) {
    return Object.freeze(
      (node.items as Node[]).map((item, index) => readAnything(item, `${field}[${index}]`, reading) ?? null),
    )
  }
  if (!isMap(node)) return wrong(node, field, 'is not JSON', reading)
  const entries: [string, unknown][] = []
  for (const pair of node.items as FieldPair[]) {
    const key = keyText(pair, field, reading)
    if (key === undefined) continue
    const place = join(field, key)
    const fault = keyFault(key, 'text')
    if (fault !== undefined) reading.error({ offset: offsetOf(pair), field: place, ...fault })
    if (pair.value !== null) reading.places.set(place, isScalar(pair.value) ? offsetOf(pair.value) : offsetOf(pair))
    entries.push([key, pair.value === null ? null : (readAnything(pair.value, place, reading) ?? null)])
  }
  return Object.freeze(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))))
}

function scalarOf(node: Scalar, field: string, reading: Reading): unknown {
  const { value } = node
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  return readScalar(text(), node, field, reading)
}

function keyFault(key: string, form: KeyForm): { readonly reason: string; readonly remedy?: string } | undefined {
  if (key === '__proto__') return { reason: 'is not a possible key' }
  switch (form) {
    case 'text':
      return key.length > 1024 ? { reason: 'has a key longer than 1024 characters' } : undefined
    case 'label':
      return isLabelKey(key) ? undefined : { reason: `'${key}' is not a label key` }
    case 'port':
      return /^[1-9]\d{0,4}$/.test(key) && Number(key) <= 65_535
        ? undefined
        : { reason: `'${key}' is not a port`, remedy: 'use 1 to 65535' }
  }
}

/** JSON has text keys only; YAML's numbers are read as they are written. */
function keyText(pair: FieldPair, field: string, reading: Reading): string | undefined {
  const key: Node = pair.key
  if (isScalar(key)) {
    if (typeof key.value === 'string') return key.value
    if (typeof key.value === 'number') return (key as Scalar).source ?? String(key.value)
  }
  return wrong(key, field, 'has a key that is no text', reading, 'put the key in quotes')
}

function wrong(at: Node | FieldPair, field: string, reason: string, reading: Reading, remedy?: string): undefined {
  reading.error({ offset: offsetOf(at), field, reason, ...(remedy === undefined ? {} : { remedy }) })
  return undefined
}
