import { type Static, Type } from 'typebox'

export const callersSettings = Type.Object({}, { additionalProperties: false })

export type CallersSettings = Static<typeof callersSettings>
