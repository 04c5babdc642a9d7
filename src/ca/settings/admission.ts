import { type Static, Type } from 'typebox'

export const admissionSettings = Type.Object({}, { additionalProperties: false })

export type AdmissionSettings = Static<typeof admissionSettings>
