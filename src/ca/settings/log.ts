/** How long the transparency log keeps the bytes of its entries. */

import { type Static, Type } from 'typebox'

export const logSettings = Type.Object(
  {
    /** More than the longest life of a certificate; for ever when absent. */
    keepDays: Type.Optional(Type.Integer({ minimum: 91, maximum: 36_500 })),
  },
  { additionalProperties: false },
)

export type LogSettings = Static<typeof logSettings>
