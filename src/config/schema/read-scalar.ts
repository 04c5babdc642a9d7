/** Single values: text in its forms, numbers, booleans, enum names. */

import type { TSchema } from 'typebox'
import { isFinerThanMs, parseDurationMs } from '../duration.ts'
import { type ScalarNode, writtenText } from '../tree.ts'
import { type FieldPath, pathText } from './field-path.ts'
import { longestText, type TextForm } from './fields.ts'
import type { Reading } from './read-value.ts'
import { regexFault } from './regex-syntax.ts'
import { secretBytes } from './secret-bytes.ts'
import { type ScalarShape, shapeOf } from './shape.ts'

/** Undefined when the value does not fit; then `reading.error` was called. */
export function readScalar(
  shape: ScalarShape,
  node: ScalarNode,
  path: FieldPath | undefined,
  reading: Reading,
): unknown {
  const outcome = scalarFrom(shape, node, reading.dialect)
  if ('value' in outcome) return outcome.value
  reading.error({ offset: node.offset, field: pathText(path), ...outcome })
  return undefined
}

interface Fault {
  readonly reason: string
  readonly remedy?: string
}

type Outcome = { readonly value: unknown } | Fault

/** What keeps a value from being text of no special length and form. */
export function textFault(node: ScalarNode): Fault | undefined {
  const outcome = textFrom(anyText, node)
  return 'value' in outcome ? undefined : outcome
}

function scalarFrom({ schema, form }: ScalarShape, node: ScalarNode, dialect: Reading['dialect']): Outcome {
  switch (form) {
    case 'enum':
      return enumFrom(schema as unknown as EnumSchema, node.value, dialect)
    case 'text':
      return textFrom(schema as TextSchema, node)
    case 'integer':
      return integerFrom(schema as RangeSchema, node, dialect)
    case 'number':
      return numberFrom(schema as RangeSchema, node, dialect)
    case 'boolean':
      return typeof node.value === 'boolean' ? { value: node.value } : { reason: `${shown(node)} is not true or false` }
    case 'union':
      return unionFrom((schema as unknown as UnionSchema).anyOf, node, dialect)
  }
}

interface UnionSchema {
  readonly anyOf: readonly TSchema[]
}

interface EnumSchema {
  readonly enum: readonly string[]
  readonly numbers: Readonly<Record<string, number>>
}

function enumFrom(schema: EnumSchema, value: unknown, dialect: Reading['dialect']): Outcome {
  if (typeof value === 'string' && schema.enum.includes(value)) return { value }
  if (typeof value === 'number' && dialect === 'proto') {
    const name = schema.enum.find(candidate => schema.numbers[candidate] === value)
    if (name !== undefined) return { value: name }
  }
  return { reason: `${JSON.stringify(value)} is not a possible value`, remedy: `use one of ${schema.enum.join(', ')}` }
}

interface TextSchema {
  readonly minLength?: number
  readonly maxLength?: number
  readonly form?: TextForm
  readonly precision?: 'milliseconds'
}

const anyText: TextSchema = { maxLength: longestText }

function textFrom(schema: TextSchema, node: ScalarNode): Outcome {
  const { value } = node
  if (schema.form?.startsWith('secret') === true) return secretFrom(schema, node)
  if (typeof value !== 'string') return { reason: `${shown(node)} is not text`, remedy: 'put it in quotes' }
  const longest = schema.maxLength ?? Number.POSITIVE_INFINITY
  // Characters are counted as the API server does; only a text that seems too long is worth counting.
  if (value.length > longest && [...value].length > longest)
    return { reason: `is ${value.length} characters long, more than ${longest}` }
  if (value.length < (schema.minLength ?? 0)) return { reason: 'is required and must not be empty' }
  // Envoy and protobuf would cut or replace these without a word.
  if (value.includes('\0') || !value.isWellFormed()) return { reason: 'holds a NUL or a broken character' }
  const fault = formFault(value, schema.form ?? 'plain')
  if (fault !== undefined) return fault
  return schema.precision === 'milliseconds' && isFinerThanMs(value)
    ? { reason: `'${value}' is finer than a millisecond`, remedy: 'round it' }
    : { value }
}

/** Says nothing of the value but its form. */
function secretFrom(schema: TextSchema, { value }: ScalarNode): Outcome {
  if (typeof value !== 'string') return { reason: 'is not text', remedy: 'put it in quotes' }
  if (value.length > (schema.maxLength ?? Number.POSITIVE_INFINITY)) return { reason: 'is longer than 1 MiB' }
  if (schema.form === 'secret text') return { value: secretBytes(Buffer.from(value)) }
  // Line breaks are what tools that wrap base64 leave behind; Kubernetes takes them.
  const text = value.replaceAll(/[\r\n]/g, '')
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
    ? { value: secretBytes(Buffer.from(text, 'base64')) }
    : { reason: 'is not base64', remedy: 'encode it, or move it to stringData' }
}

function formFault(value: string, form: TextForm): Outcome | undefined {
  switch (form) {
    case 'plain':
    case 'secret text':
    case 'secret base64':
      return undefined
    case 'duration':
      return parseDurationMs(value) === undefined
        ? { reason: `'${value}' is not a duration`, remedy: 'write it like 10s, 1.5s or 1h30m' }
        : undefined
    case 'regex': {
      const fault = regexFault(value)
      return fault === undefined ? undefined : { reason: `is not an RE2 regular expression: ${fault}` }
    }
    case 'date-time':
      return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(value)
        ? undefined
        : { reason: `'${value}' is not a moment`, remedy: 'write it like 2026-01-31T12:00:00Z' }
    case 'base64':
      return /^[A-Za-z0-9+/_-]*={0,2}$/.test(value) ? undefined : { reason: 'is not base64' }
  }
}

interface RangeSchema {
  readonly minimum?: number
  readonly maximum?: number
}

function integerFrom(schema: RangeSchema, node: ScalarNode, dialect: Reading['dialect']): Outcome {
  const number = numeric(node.value, dialect)
  if (number === undefined || !Number.isInteger(number)) return { reason: `${shown(node)} is not a whole number` }
  const lowest = schema.minimum ?? Number.MIN_SAFE_INTEGER
  const highest = schema.maximum ?? Number.MAX_SAFE_INTEGER
  if (number < lowest || number > highest) return { reason: `${shown(node)} is not between ${lowest} and ${highest}` }
  // -0 would not equal 0.
  return { value: number + 0 }
}

function numberFrom(schema: RangeSchema, node: ScalarNode, dialect: Reading['dialect']): Outcome {
  const number = numeric(node.value, dialect)
  if (number === undefined || !Number.isFinite(number)) return { reason: `${shown(node)} is not a number` }
  const { minimum: lowest = Number.NEGATIVE_INFINITY, maximum: highest = Number.POSITIVE_INFINITY } = schema
  if (number < lowest || number > highest) return { reason: `${shown(node)} is not between ${lowest} and ${highest}` }
  return { value: number + 0 }
}

/** Proto JSON takes numbers in quotes; Kubernetes does not. */
function numeric(value: unknown, dialect: Reading['dialect']): number | undefined {
  if (typeof value === 'number') return value
  if (
    dialect === 'proto' &&
    typeof value === 'string' &&
    /^-?\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?$/.test(value)
  )
    return Number(value)
  return undefined
}

function unionFrom(schemas: readonly TSchema[], node: ScalarNode, dialect: Reading['dialect']): Outcome {
  let last: Outcome = { reason: 'has no possible value' }
  for (const shape of schemas.map(shapeOf)) {
    if (shape.kind !== 'scalar') continue
    last = scalarFrom(shape, node, dialect)
    if ('value' in last) return last
  }
  return last
}

/** The value as it is written, cut to a length that a message can hold. */
function shown(node: ScalarNode): string {
  const text = typeof node.value === 'string' ? `'${node.value}'` : writtenText(node)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
