/**
 * The few words of TypeBox in which kinds are described, with TypeBox's types and nothing of it at run time: its modules take
 * longer to load than all else that a daemon's start loads (bench/start.ts). A test compares each with TypeBox's own.
 */

import type Typebox from 'typebox'
import type { TSchema } from 'typebox'

type Words = Pick<
  typeof Typebox,
  | 'Array'
  | 'Boolean'
  | 'Enum'
  | 'Integer'
  | 'Number'
  | 'Object'
  | 'Optional'
  | 'Record'
  | 'RecordValue'
  | 'String'
  | 'Union'
  | 'Unknown'
  | 'IsArray'
  | 'IsBoolean'
  | 'IsEnum'
  | 'IsInteger'
  | 'IsNumber'
  | 'IsObject'
  | 'IsOptional'
  | 'IsRecord'
  | 'IsString'
  | 'IsUnion'
  | 'IsUnknown'
>

interface Keywords {
  readonly [keyword: string]: unknown
}

/** TypeBox's marks are properties that are not enumerated. */
const marked = (schema: Keywords, mark: '~kind' | '~optional', value: unknown): TSchema =>
  Object.defineProperty(schema, mark, { configurable: true, writable: true, enumerable: false, value })

const schemaOf = (kind: string, keywords: Keywords, options?: Keywords): TSchema =>
  marked({ ...keywords, ...options }, '~kind', kind)

const isOf =
  (kind: string) =>
  (schema: unknown): boolean =>
    typeof schema === 'object' && schema !== null && '~kind' in schema && schema['~kind'] === kind

const isOptional = (schema: unknown): boolean => typeof schema === 'object' && schema !== null && '~optional' in schema

const ofType = (kind: string, type: string) => (options?: Keywords) => schemaOf(kind, { type }, options)

const anyKey = '^.*$'

const words = {
  Array: (items: TSchema, options?: Keywords) => schemaOf('Array', { type: 'array', items }, options),
  Boolean: ofType('Boolean', 'boolean'),
  Enum: (values: readonly unknown[], options?: Keywords) => schemaOf('Enum', { enum: values }, options),
  Integer: ofType('Integer', 'integer'),
  Number: ofType('Number', 'number'),
  Object(properties: Readonly<Record<string, TSchema>>, options?: Keywords) {
    const required = Object.keys(properties).filter(name => !isOptional(properties[name]))
    return schemaOf('Object', { type: 'object', ...(required.length > 0 ? { required } : {}), properties }, options)
  },
  Optional: (schema: TSchema) =>
    marked(Object.create(Object.prototype, Object.getOwnPropertyDescriptors(schema)), '~optional', true),
  Record: (_key: TSchema, value: TSchema, options?: Keywords) =>
    schemaOf('Record', { type: 'object', patternProperties: { [anyKey]: value } }, options),
  RecordValue: ({ patternProperties }: { readonly patternProperties: Keywords }) => patternProperties[anyKey],
  String: ofType('String', 'string'),
  Union: (anyOf: readonly TSchema[], options?: Keywords) => schemaOf('Union', { anyOf }, options),
  Unknown: (options?: Keywords) => schemaOf('Unknown', {}, options),
  IsArray: isOf('Array'),
  IsBoolean: isOf('Boolean'),
  IsEnum: isOf('Enum'),
  IsInteger: isOf('Integer'),
  IsNumber: isOf('Number'),
  IsObject: isOf('Object'),
  IsOptional: isOptional,
  IsRecord: isOf('Record'),
  IsString: isOf('String'),
  IsUnion: isOf('Union'),
  IsUnknown: isOf('Unknown'),
}

// Sound for the calls of `fields.ts`, as the test shows: maps have text keys, enumerations are lists.
const Type = words as unknown as Words

export default Type
