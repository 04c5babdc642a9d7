/** What an accepted object says and this version does not do: the honest part of its status. Nothing here is a fault. */

import Type, { type TSchema } from 'typebox'
import { type AnyObject, kinds } from './kinds/catalogue.ts'
import type { StatusReason } from './object-status.ts'
import { keywordsOf } from './schema/fields.ts'
import { join } from './schema/read-value.ts'

/**
 * The whole kind without a field, or each field that is written and does nothing yet (`spec.ports[0].targetPort`).
 * Cost: the size of the object.
 */
export function notInForceOf(object: AnyObject): readonly StatusReason[] {
  const kind = kinds[object.kind]
  const found: StatusReason[] = kind.notInForce === undefined ? [] : [{ reason: kind.notInForce }]
  if (found.length === 0) collect(kind.spec, object.spec, kind.body === 'spec' ? 'spec' : '', found)
  return found
}

function collect(schema: TSchema, value: unknown, field: string, found: StatusReason[]): void {
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
