import { type Static, Type } from 'typebox'

export const issuerSettings = Type.Object({}, { additionalProperties: false })

export type IssuerSettings = Static<typeof issuerSettings>
