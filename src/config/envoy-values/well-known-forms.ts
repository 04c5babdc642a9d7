/** Messages of google.protobuf that have a JSON of their own. https://protobuf.dev/programming-guides/json/ */

import { scalarFault } from './scalar-forms.ts'

export interface FormFault {
  readonly reason: string
  readonly remedy?: string
}

/** Undefined: the message is written field by field, as most are. */
export function wellKnownFault(name: string, value: unknown): FormFault | 'fits' | undefined {
  const form = forms[name]
  return form === undefined ? undefined : (form(value) ?? 'fits')
}

type Form = (value: unknown) => FormFault | undefined

const wrapped =
  (type: string): Form =>
  value => {
    const reason = scalarFault(type, value)
    return reason === undefined ? undefined : { reason }
  }

const text =
  (pattern: RegExp, reason: string, remedy: string): Form =>
  value =>
    typeof value === 'string' && pattern.test(value) ? undefined : { reason, remedy }

const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

const forms: Readonly<Record<string, Form | undefined>> = {
  'google.protobuf.BoolValue': wrapped('bool'),
  'google.protobuf.StringValue': wrapped('string'),
  'google.protobuf.BytesValue': wrapped('bytes'),
  'google.protobuf.DoubleValue': wrapped('double'),
  'google.protobuf.FloatValue': wrapped('float'),
  'google.protobuf.Int32Value': wrapped('int32'),
  'google.protobuf.UInt32Value': wrapped('uint32'),
  'google.protobuf.Int64Value': wrapped('int64'),
  'google.protobuf.UInt64Value': wrapped('uint64'),
  'google.protobuf.Duration': text(
    /^-?\d{1,12}(?:\.\d{1,9})?s$/,
    'is not a duration of Envoy',
    'write seconds, like 0.25s',
  ),
  'google.protobuf.Timestamp': text(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[-+]\d\d:\d\d)$/,
    'is not a time',
    'write it like 2026-01-31T12:00:00Z',
  ),
  'google.protobuf.FieldMask': text(/^[A-Za-z0-9_.,]*$/, 'is not a list of fields', 'write names with commas between'),
  'google.protobuf.Struct': value => (isRecord(value) ? undefined : { reason: 'must be a mapping' }),
  'google.protobuf.ListValue': value => (Array.isArray(value) ? undefined : { reason: 'must be a list' }),
  'google.protobuf.Value': () => undefined,
}
