/**
 * From a schema of ours to a Schema Object of OpenAPI v3 that is also structural in the sense of Kubernetes: the form that
 * CustomResourceDefinitions and `/openapi/v3` share. What JSON Schema cannot say is CEL in `x-kubernetes-validations`.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */

import type { TObject, TRecord, TSchema } from 'typebox'
import { type Keywords, keywordsOf } from '../schema/fields.ts'
import Type from '../schema/type.ts'
import { describeField } from './describe-field.ts'

export interface SchemaObject {
  readonly description?: string
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly format?: string
  readonly nullable?: boolean
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, SchemaObject>>
  readonly additionalProperties?: SchemaObject
  readonly items?: SchemaObject
  readonly anyOf?: readonly SchemaObject[]
  readonly not?: SchemaObject
  readonly allOf?: readonly SchemaObject[]
  readonly $ref?: string
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-validations'?: readonly Validation[]
  readonly 'x-kubernetes-group-version-kind'?: readonly GroupVersionKind[]
}

export interface Validation {
  readonly rule: string
  readonly message: string
  /** A JSON path from the value: `.portLevelMtls`. */
  readonly fieldPath?: string
}

export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** `field` describes the schema's own place, unless that is left out. Cost: the size of the schema. */
export function schemaObject(schema: TSchema): SchemaObject {
  const keywords = keywordsOf(schema)
  const description = describeField(schema)
  const validations = [...(keywords.keyForm === 'port' ? [portKeys] : []), ...ruleValidations(keywords)]
  return {
    ...(description === undefined ? {} : { description }),
    ...formOf(schema),
    ...(keywords.nullable === true ? { nullable: true } : {}),
    ...(validations.length === 0 ? {} : { 'x-kubernetes-validations': validations }),
  }
}

function formOf(schema: TSchema): SchemaObject {
  if (Type.IsUnknown(schema)) return { 'x-kubernetes-preserve-unknown-fields': true }
  if (Type.IsRecord(schema)) return recordForm(schema)
  if (Type.IsObject(schema)) return objectForm(schema)
  if (Type.IsArray(schema)) {
    const { minItems, maxItems } = keywordsOf(schema)
    return { type: 'array', items: schemaObject(schema.items), ...given({ minItems, maxItems }) }
  }
  if (Type.IsEnum(schema)) return { type: 'string', enum: schema.enum as unknown as readonly string[] }
  if (Type.IsString(schema)) return textForm(schema)
  if (Type.IsInteger(schema) || Type.IsNumber(schema)) return numberForm(schema)
  if (Type.IsBoolean(schema)) return { type: 'boolean' }
  if (Type.IsUnion(schema))
    return { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true }
  throw new TypeError(`a schema of no known form: ${JSON.stringify(schema)}`)
}

function objectForm(schema: TObject): SchemaObject {
  const properties = Object.entries(schema.properties)
  const required = properties.filter(([, inner]) => !Type.IsOptional(inner)).map(([name]) => name)
  return {
    type: 'object',
    properties: Object.fromEntries(properties.flatMap(([name, inner]) => namesOf(name, inner))),
    ...(required.length === 0 ? {} : { required }),
    ...exclusiveForm(schema),
    // Readers pass over what they do not know in a structure of Kubernetes, and refuse it in a message.
    ...(keywordsOf(schema).additionalProperties === true ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
  }
}

/** What an API server does not know it drops, so it must know the other names of a field. */
function namesOf(name: string, schema: TSchema): readonly (readonly [string, SchemaObject])[] {
  const { alias } = keywordsOf(schema).facts ?? {}
  const object = schemaObject(schema)
  return [
    [name, object],
    ...(alias === undefined ? [] : [[alias, { ...object, description: `The same as \`${name}\`.` }] as const]),
  ]
}

/** No two of a group; in JSON Schema and not in CEL, which is dear in deep lists. */
function exclusiveForm(schema: TObject): SchemaObject {
  const pairs = (keywordsOf(schema).exclusive ?? []).flatMap(group =>
    group.flatMap((first, index) => group.slice(index + 1).map(second => ({ required: [first, second] }))),
  )
  const [only] = pairs
  if (only === undefined) return {}
  return { not: pairs.length === 1 ? only : { anyOf: pairs } }
}

function recordForm(schema: TRecord): SchemaObject {
  const values = Type.RecordValue(schema)
  const { maxProperties } = keywordsOf(schema)
  if (Type.IsUnknown(values)) return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  return { type: 'object', additionalProperties: schemaObject(values), ...given({ maxProperties }) }
}

/** Go's notation of durations, as `config/duration.ts` reads it. */
const durationPattern = '^[+-]?(0|(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$'

function textForm(schema: TSchema): SchemaObject {
  const { form, minLength, maxLength } = keywordsOf(schema)
  return {
    type: 'string',
    ...(form === 'base64' ? { format: 'byte' } : {}),
    ...(form === 'date-time' ? { format: form } : {}),
    ...(form === 'duration' ? { pattern: durationPattern } : {}),
    ...given({ minLength, maxLength }),
  }
}

function numberForm(schema: TSchema): SchemaObject {
  const { minimum, maximum, wide } = keywordsOf(schema)
  if (!Type.IsInteger(schema)) return { type: 'number', format: 'double', ...given({ minimum, maximum }) }
  // OpenAPI knows no unsigned format: those of 32 bits carry their bounds instead.
  const isInt32 = minimum === -2_147_483_648
  return { type: 'integer', ...(isInt32 ? { format: 'int32' } : wide ? { minimum: 0 } : given({ minimum, maximum })) }
}

/** Ports as keys; the syntax of labels is the readers' business, because a rule for each key is too dear in deep lists. */
const portKeys: Validation = {
  rule: 'self.all(key, 0 < int(key) && int(key) <= 65535)',
  message: 'a port is 1 to 65535',
}

const ruleValidations = ({ rules = [] }: Keywords): readonly Validation[] =>
  rules.map(({ cel, at, reason, remedy }) => ({
    rule: cel,
    message: remedy === undefined ? reason : `${reason}: ${remedy}`,
    ...(typeof at === 'string' ? { fieldPath: `.${at}` } : {}),
  }))

const given = <T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>
  }
