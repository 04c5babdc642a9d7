/**
 * What readers need to know of a schema, taken from it once: readers ask for it at every value of every object.
 */

import type { TObject, TSchema } from 'typebox'
import { type KeyForm, keywordsOf, type Rule } from './fields.ts'
import Type from './type.ts'

export type Shape = ObjectShape | RecordShape | ListShape | AnythingShape | ScalarShape

interface Ruled {
  readonly rules: readonly Rule[]
  /** Whether it or anything in it has rules. */
  readonly hasRules: boolean
}

export interface ObjectShape extends Ruled {
  readonly kind: 'object'
  readonly fields: readonly FieldShape[]
  /** Index in `fields`. */
  readonly indices: ReadonlyMap<string, number>
  /** Whether unknown fields are refused. */
  readonly isClosed: boolean
  readonly exclusive: readonly (readonly string[])[]
}

export interface FieldShape {
  readonly name: string
  readonly shape: Shape
  readonly isRequired: boolean
}

export interface RecordShape extends Ruled {
  readonly kind: 'record'
  readonly value: Shape
  readonly keyForm: KeyForm
  readonly longest: number
}

export interface ListShape extends Ruled {
  readonly kind: 'list'
  readonly item: Shape
  readonly shortest: number
  readonly longest: number
}

export interface AnythingShape extends Ruled {
  readonly kind: 'anything'
}

export interface ScalarShape extends Ruled {
  readonly kind: 'scalar'
  readonly schema: TSchema
  readonly form: 'enum' | 'text' | 'integer' | 'number' | 'boolean' | 'union'
}

const known = new WeakMap<TSchema, Shape>()

export function shapeOf(schema: TSchema): Shape {
  const before = known.get(schema)
  if (before !== undefined) return before
  const shape = shapeFrom(schema)
  known.set(schema, shape)
  return shape
}

/** Of a schema that is a mapping of fields. */
export function objectShapeOf(schema: TObject): ObjectShape {
  const shape = shapeOf(schema)
  if (shape.kind !== 'object') throw new TypeError('not a mapping of fields')
  return shape
}

function shapeFrom(schema: TSchema): Shape {
  const keywords = keywordsOf(schema)
  const rules = keywords.rules ?? []
  if (Type.IsRecord(schema)) {
    const value = shapeOf(Type.RecordValue(schema))
    const { keyForm = 'text', maxProperties: longest = Number.POSITIVE_INFINITY } = keywords
    return { kind: 'record', value, keyForm, longest, ...ruled(rules, [value]) }
  }
  if (Type.IsObject(schema)) return objectFrom(schema)
  if (Type.IsArray(schema)) {
    const item = shapeOf(schema.items)
    const { minItems: shortest = 0, maxItems: longest = Number.POSITIVE_INFINITY } = keywords
    return { kind: 'list', item, shortest, longest, ...ruled(rules, [item]) }
  }
  if (Type.IsUnknown(schema)) return { kind: 'anything', ...ruled(rules, []) }
  return { kind: 'scalar', schema, form: scalarForm(schema), ...ruled(rules, []) }
}

const ruled = (rules: readonly Rule[], inner: readonly Shape[]): Ruled => ({
  rules,
  hasRules: rules.length > 0 || inner.some(({ hasRules }) => hasRules),
})

function objectFrom(schema: TObject): ObjectShape {
  const { rules = [], exclusive = [], additionalProperties } = keywordsOf(schema)
  const fields = Object.entries(schema.properties).map(([name, inner]) => ({
    name,
    shape: shapeOf(inner),
    isRequired: !Type.IsOptional(inner),
  }))
  return {
    kind: 'object',
    fields,
    indices: new Map(fields.map(({ name }, index) => [name, index])),
    isClosed: additionalProperties === false,
    exclusive,
    ...ruled(
      rules,
      fields.map(({ shape }) => shape),
    ),
  }
}

function scalarForm(schema: TSchema): ScalarShape['form'] {
  if (Type.IsEnum(schema)) return 'enum'
  if (Type.IsString(schema)) return 'text'
  if (Type.IsInteger(schema)) return 'integer'
  if (Type.IsNumber(schema)) return 'number'
  if (Type.IsBoolean(schema)) return 'boolean'
  if (Type.IsUnion(schema)) return 'union'
  throw new TypeError('a schema of a form that no reader knows')
}
