/** The rules of messages (`Rule`), for a value whose form is right. */

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
    for (const [name, inner] of Object.entries(schema.properties))
      checkRules(inner, (value as Record<string, unknown>)[name], join(field, name), complain)
    for (const { holds, at, reason, remedy } of keywordsOf(schema).rules ?? []) {
      if (holds(value as never)) continue
      complain({
        field: at === undefined ? field : join(field, at),
        reason,
        ...(remedy === undefined ? {} : { remedy }),
      })
    }
  } else if (Type.IsArray(schema)) {
    for (const [index, item] of (value as unknown[]).entries())
      checkRules(schema.items, item, `${field}[${index}]`, complain)
  }
}
