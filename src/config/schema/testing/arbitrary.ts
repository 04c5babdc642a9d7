/** Values of a schema for properties: small, and close to where rules change their mind. */

import fc from 'fast-check'
import Type, { type TObject, type TRecord, type TSchema } from 'typebox'
import { keywordsOf } from '../fields.ts'

/** Texts that the rules of some kind tell apart; a rule that needs another one is listed as without an example. */
const texts = [
  '',
  'a',
  '*',
  'a*',
  '*.a',
  'a.b',
  '/a',
  '10.0.0.1',
  '10.0.0.0/8',
  'unix://a',
  'unix:///a',
  'unix:///a/',
  'unix://@a',
  'http://a',
  'https://a/b',
  'oci://a',
  'ftp://a',
  'HTTP',
  'HTTPS',
  'TCP',
  'GET',
  'core',
  'Service',
] as const

const durations = ['0s', '1ns', '999us', '1ms', '1s', '1h30m', '-1s'] as const
const keys = {
  text: ['a', 'a-b', 'a.b', 'a*', ''],
  label: ['a', 'a/b', 'a*', ''],
  port: ['1', '80', '65535', '65536', '0'],
}

export interface ValueRange {
  /** The names of fields that may be there, in messages at any depth, beside the required ones. Absent: all. */
  readonly fields?: ReadonlySet<string>
  /** Whether numbers keep their bounds, as readers demand, or go one beyond. */
  readonly bounds: 'kept' | 'crossed'
}

/** What readers take as to its form, but for the bounds that are to be crossed. */
export function arbitraryOf(schema: TSchema, range: ValueRange): fc.Arbitrary<unknown> {
  if (Type.IsUnknown(schema)) return fc.constantFrom<unknown>('a', 1, { a: 1 })
  if (Type.IsRecord(schema)) return recordOf(schema, range)
  if (Type.IsObject(schema)) return objectOf(schema, range)
  if (Type.IsArray(schema)) {
    const { minItems = 0 } = keywordsOf(schema)
    return fc.array(arbitraryOf(schema.items, range), { minLength: minItems, maxLength: Math.max(minItems, 2) })
  }
  if (Type.IsEnum(schema)) return fc.constantFrom(...(schema.enum as unknown as readonly string[]))
  if (Type.IsString(schema)) return textOf(schema)
  if (Type.IsInteger(schema) || Type.IsNumber(schema)) return numberOf(schema, range)
  if (Type.IsBoolean(schema)) return fc.boolean()
  return fc.constantFrom<unknown>(1, 'a')
}

function objectOf(schema: TObject, range: ValueRange): fc.Arbitrary<unknown> {
  const entries = Object.entries(schema.properties)
  const required = entries.filter(([, inner]) => !Type.IsOptional(inner)).map(([name]) => name)
  const chosen = entries.filter(
    ([name]) => range.fields === undefined || range.fields.has(name) || required.includes(name),
  )
  return fc.record(Object.fromEntries(chosen.map(([name, inner]) => [name, arbitraryOf(inner, range)])), {
    requiredKeys: required,
    noNullPrototype: true,
  })
}

function recordOf(schema: TRecord, range: ValueRange): fc.Arbitrary<unknown> {
  const { keyForm = 'text' } = keywordsOf(schema)
  return fc.dictionary(fc.constantFrom(...keys[keyForm]), arbitraryOf(Type.RecordValue(schema), range), {
    maxKeys: 2,
    noNullPrototype: true,
  })
}

function textOf(schema: TSchema): fc.Arbitrary<string> {
  const { form, minLength = 0, maxLength = 64 } = keywordsOf(schema)
  if (form === 'duration') return fc.constantFrom(...durations)
  if (form === 'date-time') return fc.constant('2026-01-31T12:00:00Z')
  if (form === 'base64') return fc.constantFrom('', 'YQ==')
  return fc.constantFrom(...texts.filter(text => text.length >= minLength && text.length <= maxLength))
}

function numberOf(schema: TSchema, { bounds }: ValueRange): fc.Arbitrary<number> {
  const { minimum = -1, maximum = 100_000 } = keywordsOf(schema)
  const beyond = bounds === 'crossed' ? 1 : 0
  const near = [minimum - 1, minimum, minimum + 1, 0, 1, 2, 80, 100, 101, 65_535, 65_536, maximum, maximum + 1]
  const isNear = (value: number): boolean => value >= minimum - beyond && value <= maximum + beyond
  return fc.constantFrom(...near.filter(value => isNear(value) && Math.abs(value) <= 4_294_967_296))
}
