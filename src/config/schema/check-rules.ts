/** The rules of messages and single values (`Rule`), for a value whose form is right. */

import Type, { type TSchema } from 'typebox'
import { keywordsOf } from './fields.ts'
import { join } from './read-value.ts'

export interface RuleComplaint {
  /** As the user would name it, for example `spec.http[0].route`. */
  readonly field: string
  readonly reason: string
  readonly remedy?: string
}

/** Cost: the size of the value. */
export function checkRules(
  schema: TSchema,
  value: unknown,
  field: string,
  complain: (complaint: RuleComplaint) => void,
): void {
  if (value === undefined) return
  if (Type.IsRecord(schema)) {
    for (const [key, item] of Object.entries(value as object))
      checkRules(Type.RecordValue(schema), item, join(field, key), complain)
  } else if (Type.IsObject(schema)) {
    for (const [name, inner] of Object.entries(value as object)) {
      const fieldSchema = schema.properties[name]
      if (fieldSchema !== undefined) checkRules(fieldSchema, inner, join(field, name), complain)
    }
  } else if (Type.IsArray(schema)) {
    for (const [index, item] of (value as unknown[]).entries())
      checkRules(schema.items, item, `${field}[${index}]`, complain)
  }
  for (const { holds, at, reason, remedy } of keywordsOf(schema).rules ?? []) {
    if (holds(value as never)) continue
    const place = typeof at === 'function' ? at(value as never) : at
    complain({
      field: place === undefined ? field : place.startsWith('[') ? `${field}${place}` : join(field, place),
      reason,
      ...(remedy === undefined ? {} : { remedy }),
    })
  }
}
