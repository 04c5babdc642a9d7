/** The rules of messages and single values (`Rule`), for a value whose form is right. */

import type { TSchema } from 'typebox'
import { type FieldPath, join, pathText, stepInto } from './field-path.ts'
import type { Rule } from './fields.ts'
import { type Shape, shapeOf } from './shape.ts'

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
  path: FieldPath | undefined,
  complain: (complaint: RuleComplaint) => void,
): void {
  checkShape(shapeOf(schema), value, path, complain)
}

function checkShape(
  shape: Shape,
  value: unknown,
  path: FieldPath | undefined,
  complain: (complaint: RuleComplaint) => void,
): void {
  if (value === undefined || !shape.hasRules) return
  if (shape.kind === 'record') {
    // Sound, here and below: the value was read by the schema.
    for (const [key, item] of Object.entries(value as object))
      checkShape(shape.value, item, stepInto(path, key), complain)
  } else if (shape.kind === 'object') {
    for (const { name, shape: inner } of shape.fields)
      if (inner.hasRules) checkShape(inner, (value as Record<string, unknown>)[name], stepInto(path, name), complain)
  } else if (shape.kind === 'list' && shape.item.hasRules) {
    for (const [index, item] of (value as unknown[]).entries())
      checkShape(shape.item, item, stepInto(path, index), complain)
  }
  for (const rule of shape.rules) if (!rule.holds(value as never)) complain(complaintOf(rule, value, pathText(path)))
}

function complaintOf({ at, reason, remedy }: Rule, value: unknown, field: string): RuleComplaint {
  const place = typeof at === 'function' ? at(value as never) : at
  return {
    field: place === undefined ? field : place.startsWith('[') ? `${field}${place}` : join(field, place),
    reason,
    ...(remedy === undefined ? {} : { remedy }),
  }
}
