import { type Static, Type } from 'typebox'

export const federationSettings = Type.Object({}, { additionalProperties: false })

export type FederationSettings = Static<typeof federationSettings>
