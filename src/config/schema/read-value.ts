/**
 * From a node of a text and a schema to the normalised, frozen value: the rules of proto JSON for Istio's messages (camelCase
 * and snake_case, enum numbers, numbers in quotes, null for absent, unknown fields refused), those of Kubernetes for its
 * structures (names as they are, unknown fields passed over).
 */

import type { TObject, TSchema } from 'typebox'
import { type MappingNode, type ScalarNode, type TreeNode, type TreePair, writtenText } from '../tree.ts'
import { type FieldPath, pathText, stepInto } from './field-path.ts'
import type { KeyForm } from './fields.ts'
import { isLabelKey, isLabelValue } from './label-syntax.ts'
import { readScalar, textFault } from './read-scalar.ts'
import { type ListShape, type ObjectShape, objectShapeOf, type RecordShape, type Shape, shapeOf } from './shape.ts'

/** What a reader writes to. */
export interface Reading {
  readonly dialect: 'proto' | 'kubernetes'
  error(complaint: Complaint): void
  /** A field that the schema of a proto message does not have; `known` are those that it has. */
  unknown(complaint: Complaint, known: readonly string[]): void
}

export interface Complaint {
  /** The position in the text. */
  readonly offset: number
  /** The place in camelCase, for example `spec.ports[1].number`. */
  readonly field: string
  readonly reason: string
  readonly remedy?: string
}

/** Undefined when the node is null, or when it is wrong; then `reading.error` was called. `path`: of the node. */
export function readValue(schema: TSchema, node: TreeNode, path: FieldPath | undefined, reading: Reading): unknown {
  return readShape(shapeOf(schema), node, path, reading)
}

/** The fields of a mapping by their canonical names, in the order of the schema. */
export function readObject(
  schema: TObject,
  node: TreeNode,
  path: FieldPath | undefined,
  reading: Reading,
): object | undefined {
  return readFields(objectShapeOf(schema), node, path, reading)
}

function readShape(shape: Shape, node: TreeNode, path: FieldPath | undefined, reading: Reading): unknown {
  if (node.kind === 'scalar' && node.value === null) return undefined
  switch (shape.kind) {
    case 'object':
      return readFields(shape, node, path, reading)
    case 'record':
      return readRecord(shape, node, path, reading)
    case 'list':
      return readList(shape, node, path, reading)
    case 'anything':
      return readAnything(node, path, reading)
    case 'scalar':
      if (node.kind === 'scalar') return readScalar(shape, node, path, reading)
      return wrong(node.offset, path, 'must be a single value', reading)
  }
}

function readFields(
  shape: ObjectShape,
  node: TreeNode,
  path: FieldPath | undefined,
  reading: Reading,
): object | undefined {
  if (node.kind !== 'mapping') return wrong(node.offset, path, 'must be a mapping of fields', reading)
  const found = fieldsOf(shape, node, path, reading)
  const result: Record<string, unknown> = {}
  for (const [index, { name, shape: inner, isRequired }] of shape.fields.entries()) {
    const pair = found[index]
    if (pair === undefined && !isRequired) continue
    const place = stepInto(path, name)
    const value = pair === undefined ? undefined : readShape(inner, pair.value, place, reading)
    if (value !== undefined) result[name] = value
    else if (isRequired && isAbsent(pair)) wrong(pair?.key.offset ?? node.offset, place, 'is required', reading)
  }
  if (shape.exclusive.length > 0) checkExclusive(shape, result, { found, path }, reading)
  return Object.freeze(result)
}

/** By the index of the field in the shape. */
type FoundFields = readonly (TreePair | undefined)[]

function fieldsOf(shape: ObjectShape, node: MappingNode, path: FieldPath | undefined, reading: Reading): FoundFields {
  const found: (TreePair | undefined)[] = []
  for (const pair of node.items) {
    const written = keyText(pair, path, reading)
    if (written === undefined) continue
    const index = fieldIndex(shape, written, reading.dialect)
    if (index === undefined) {
      // Kubernetes passes over what it does not know; Istio refuses it, and so do we: a misspelt field is a policy that does nothing.
      if (shape.isClosed) unknownField(shape, pair, stepInto(path, written), reading)
    } else if (found[index] === undefined) found[index] = pair
    else {
      const name = shape.fields[index]?.name ?? written
      const reason = 'is written twice, in camelCase and in snake_case'
      wrong(pair.key.offset, stepInto(path, name), reason, reading, 'remove one of the two')
    }
  }
  return found
}

function fieldIndex(shape: ObjectShape, written: string, dialect: Reading['dialect']): number | undefined {
  const index = shape.indices.get(written)
  if (index !== undefined || dialect === 'kubernetes' || !written.includes('_')) return index
  return shape.indices.get(written.replaceAll(/_([A-Za-z0-9])/g, (_whole, letter: string) => letter.toUpperCase()))
}

function unknownField(shape: ObjectShape, pair: TreePair, path: FieldPath, reading: Reading): void {
  const field = pathText(path)
  const name = field.slice(field.lastIndexOf('.') + 1)
  const known = shape.fields.map(each => each.name)
  const near = known.find(candidate => isNear(candidate, name))
  const remedy = near === undefined ? `known here: ${known.join(', ')}` : `did you mean ${near}?`
  reading.unknown({ offset: pair.key.offset, field, reason: 'is not a known field', remedy }, known)
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

const isAbsent = (pair: TreePair | undefined): boolean =>
  pair === undefined || (pair.value.kind === 'scalar' && pair.value.value === null)

function checkExclusive(
  shape: ObjectShape,
  value: object,
  { found, path }: { readonly found: FoundFields; readonly path: FieldPath | undefined },
  reading: Reading,
): void {
  for (const group of shape.exclusive) {
    const [first, second] = group.filter(name => Object.hasOwn(value, name))
    if (first === undefined || second === undefined) continue
    const offset = found[shape.indices.get(second) ?? -1]?.key.offset ?? 0
    wrong(offset, stepInto(path, second), `cannot stand beside ${first}`, reading, 'keep one of the two')
  }
}

function readList(
  shape: ListShape,
  node: TreeNode,
  path: FieldPath | undefined,
  reading: Reading,
): readonly unknown[] | undefined {
  if (node.kind !== 'list') return wrong(node.offset, path, 'must be a list', reading)
  const { length } = node.items
  if (length < shape.shortest) return wrong(node.offset, path, 'is empty', reading, 'name an entry')
  if (length > shape.longest)
    return wrong(node.offset, path, `holds ${length} entries, more than ${shape.longest}`, reading)
  const result: unknown[] = []
  for (const [index, item] of node.items.entries()) {
    const place = stepInto(path, index)
    if (item.kind === 'scalar' && item.value === null) wrong(item.offset, place, 'must not be null', reading)
    else result.push(readShape(shape.item, item, place, reading))
  }
  return Object.freeze(result)
}

function readRecord(
  { longest, keyForm, value: inner }: RecordShape,
  node: TreeNode,
  path: FieldPath | undefined,
  reading: Reading,
): object | undefined {
  if (node.kind !== 'mapping') return wrong(node.offset, path, 'must be a mapping', reading)
  const { length } = node.items
  if (length > longest) return wrong(node.offset, path, `holds ${length} entries, more than ${longest}`, reading)
  const entries: Entry[] = []
  for (const pair of node.items) {
    const key = checkedKey(pair, keyForm, path, reading)
    if (key === undefined) continue
    const place = stepInto(path, key)
    const isNothing = isAbsent(pair)
    const value = inner.kind === 'anything' && isNothing ? null : readShape(inner, pair.value, place, reading)
    if (value === undefined && isNothing) wrong(pair.key.offset, place, 'must not be null', reading)
    if (keyForm === 'label' && typeof value === 'string' && !isLabelValue(value))
      wrong(pair.value.offset, place, `'${value}' is not a label value`, reading)
    if (value !== undefined) entries.push([key, value])
  }
  return sortedObject(entries)
}

type Entry = readonly [string, unknown]

/** Sorted, so that two spellings of one mapping are one value. fromEntries defines own properties, whatever the key is called. */
const sortedObject = (entries: Entry[]): object =>
  Object.freeze(Object.fromEntries(entries.length < 2 ? entries : entries.sort(([a], [b]) => (a < b ? -1 : 1))))

/** JSON as it is written, for messages that belong to somebody else. */
function readAnything(node: TreeNode, path: FieldPath | undefined, reading: Reading): unknown {
  if (node.kind === 'scalar') return scalarOf(node, path, reading)
  if (node.kind === 'list')
    return Object.freeze(node.items.map((item, index) => readAnything(item, stepInto(path, index), reading) ?? null))
  const entries: Entry[] = []
  for (const pair of node.items) {
    const key = checkedKey(pair, 'text', path, reading)
    if (key !== undefined) entries.push([key, readAnything(pair.value, stepInto(path, key), reading) ?? null])
  }
  return sortedObject(entries)
}

function scalarOf(node: ScalarNode, path: FieldPath | undefined, reading: Reading): unknown {
  const { value } = node
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  const fault = textFault(node)
  return fault === undefined ? value : wrong(node.offset, path, fault.reason, reading, fault.remedy)
}

/** Undefined when it is no text; complains of one that has not the form. */
function checkedKey(pair: TreePair, form: KeyForm, path: FieldPath | undefined, reading: Reading): string | undefined {
  const key = keyText(pair, path, reading)
  const fault = key === undefined ? undefined : keyFault(key, form)
  if (key !== undefined && fault !== undefined)
    wrong(pair.key.offset, stepInto(path, key), fault.reason, reading, fault.remedy)
  return key
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
function keyText({ key }: TreePair, path: FieldPath | undefined, reading: Reading): string | undefined {
  if (key.kind === 'scalar') {
    if (typeof key.value === 'string') return key.value
    if (typeof key.value === 'number') return writtenText(key)
  }
  return wrong(key.offset, path, 'has a key that is no text', reading, 'put the key in quotes')
}

function wrong(
  offset: number,
  path: FieldPath | undefined,
  reason: string,
  reading: Reading,
  remedy?: string,
): undefined {
  reading.error({ offset, field: pathText(path), reason, ...(remedy === undefined ? {} : { remedy }) })
  return undefined
}
