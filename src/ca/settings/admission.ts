/** How many certificate requests are taken on at once, in all and from one side. */

import { type Static, Type } from 'typebox'

const closed = { additionalProperties: false }
const count = Type.Integer({ minimum: 1, maximum: 1_000_000 })
const rate = Type.Object({ burst: count, perSecond: Type.Number({ exclusiveMinimum: 0 }) }, closed)

export const admissionSettings = Type.Object(
  {
    mostWaiting: Type.Optional(count),
    mostAtOnce: Type.Optional(count),
    mostPerCaller: Type.Optional(count),
    mostPerAddress: Type.Optional(count),
    callerRate: Type.Optional(rate),
    addressRate: Type.Optional(rate),
  },
  closed,
)

export type AdmissionSettings = Static<typeof admissionSettings>
