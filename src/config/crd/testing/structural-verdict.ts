/** Whether an API server would take a value, by a structural schema: JSON Schema as far as Kubernetes has it, and CEL. For tests. */

import type { SchemaObject } from '../../openapi/schema-object.ts'
import { celHolds } from '../../schema/testing/cel.ts'

/** What Istio's definitions say beyond ours. */
export interface ForeignSchema extends SchemaObject {
  readonly minProperties?: number
  readonly oneOf?: readonly ForeignSchema[]
}

export function accepts(schema: ForeignSchema, value: unknown): boolean {
  if (value === null) return schema.nullable === true
  return (
    isOfType(schema, value) &&
    keepsBounds(schema, value) &&
    keepsLogic(schema, value) &&
    membersAccepted(schema, value) &&
    (schema['x-kubernetes-validations'] ?? []).every(({ rule }) => celHolds(rule, value, schema))
  )
}

function isOfType({ type, enum: names }: ForeignSchema, value: unknown): boolean {
  if (names !== undefined && !names.includes(value as string)) return false
  if (type === undefined) return true
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return typeof value === 'object' && !Array.isArray(value)
  return type === 'integer' ? Number.isInteger(value) : typeof value === type
}

function keepsBounds(schema: ForeignSchema, value: unknown): boolean {
  const within = (size: number, lowest = 0, highest = Number.POSITIVE_INFINITY): boolean =>
    size >= lowest && size <= highest
  if (typeof value === 'number') return within(value, schema.minimum ?? Number.NEGATIVE_INFINITY, schema.maximum)
  if (typeof value === 'string') {
    const fits = within([...value].length, schema.minLength, schema.maxLength)
    return fits && (schema.pattern === undefined || new RegExp(schema.pattern).test(value))
  }
  if (Array.isArray(value)) return within(value.length, schema.minItems, schema.maxItems)
  if (typeof value !== 'object' || value === null) return true
  return within(Object.keys(value).length, schema.minProperties, schema.maxProperties)
}

function keepsLogic(schema: ForeignSchema, value: unknown): boolean {
  const { required = [], not, anyOf, allOf, oneOf } = schema
  return (
    required.every(name => typeof value !== 'object' || value === null || name in value) &&
    (not === undefined || !accepts(not, value)) &&
    (anyOf === undefined || anyOf.some(one => accepts(one, value))) &&
    (allOf === undefined || allOf.every(one => accepts(one, value))) &&
    (oneOf === undefined || oneOf.filter(one => accepts(one, value)).length === 1)
  )
}

function membersAccepted({ properties, additionalProperties, items }: ForeignSchema, value: unknown): boolean {
  if (Array.isArray(value)) return items === undefined || value.every(item => accepts(items, item))
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, item]) => {
    const schema = properties?.[name] ?? additionalProperties
    return schema === undefined || accepts(schema, item)
  })
}
