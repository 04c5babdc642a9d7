/** A field of the ProxyConfig: read, checked and kept, while agents go by their own options. */

import type { TSchema } from 'typebox'
import { type FieldFacts, field, optional } from '../schema/fields.ts'

export const proxySetting = <Schema extends TSchema>(
  description: string,
  schema: Schema,
  facts: Omit<FieldFacts, 'notInForceIf'> = {},
) => field(description, optional(schema), { notInForce: 'agents start their Envoy by their own options', ...facts })
