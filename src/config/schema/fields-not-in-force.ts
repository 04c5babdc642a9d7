/** Which fields of a value are written and do nothing yet, by what their schema says of them. */

import type { TSchema } from 'typebox'
import { join } from './field-path.ts'
import { keywordsOf } from './fields.ts'
import Type from './type.ts'

export interface FieldNotInForce {
  /** As the user writes it. */
  readonly field: string
  readonly reason: string
}

/** In the order of the schema; what stands inside such a field is not named. Cost: the size of the value. */
export function fieldsNotInForce(schema: TSchema, value: unknown, field: string): readonly FieldNotInForce[] {
  const found: FieldNotInForce[] = []
  collect(schema, value, field, found)
  return found
}

function collect(schema: TSchema, value: unknown, field: string, found: FieldNotInForce[]): void {
  if (value === undefined) return
  const { notInForce: reason, notInForceIf } = keywordsOf(schema).facts ?? {}
  if (reason !== undefined && (notInForceIf === undefined || notInForceIf(value as never)))
    found.push({ field, reason })
  else if (Type.IsRecord(schema)) {
    for (const [key, item] of Object.entries(value as object))
      collect(Type.RecordValue(schema), item, join(field, key), found)
  } else if (Type.IsObject(schema)) {
    for (const [name, inner] of Object.entries(schema.properties))
      collect(inner, (value as Record<string, unknown>)[name], join(field, name), found)
  } else if (Type.IsArray(schema)) {
    for (const [index, item] of (value as unknown[]).entries()) collect(schema.items, item, `${field}[${index}]`, found)
  }
}
