/** The description of a field as one Markdown text: the meaning first, then the facts that a reader of a schema needs. */

import type { TSchema } from 'typebox'
import { keywordsOf } from '../schema/fields.ts'

/** Undefined for a schema that describes no field. */
export function describeField(schema: TSchema): string | undefined {
  const { description, facts = {} } = keywordsOf(schema)
  if (description === undefined) return undefined
  const { default: fallback, unit, since, deprecated, notInForce } = facts
  return [
    description,
    ...(unit === undefined ? [] : [`Unit: ${unit}.`]),
    ...(fallback === undefined ? [] : [`Default: ${fallback}.`]),
    ...(since === undefined ? [] : [`Since Istio ${since}.`]),
    ...(deprecated === undefined ? [] : [`Deprecated: ${deprecated}.`]),
    ...(notInForce === undefined ? [] : [`Not in force yet: ${notInForce}.`]),
  ].join(' ')
}
