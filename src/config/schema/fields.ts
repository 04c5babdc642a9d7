/**
 * The words in which kinds are described: TypeBox schemas for what proto JSON and Kubernetes put on the wire. The static
 * type of a spec, its reader, its CustomResourceDefinition, its OpenAPI document and its page of reference all come from
 * them. Keywords of our own (`form`, `numbers`, `keyForm`, `exclusive`, `rules`) tell the reader what JSON Schema cannot say.
 */

import type { Static, TObject, TProperties, TSchema, TUnsafe } from 'typebox'
import type { DeepReadonly } from './deep-readonly.ts'
import type { SecretBytes } from './secret-bytes.ts'
import Type from './type.ts'

/** The normalised value that a schema describes. */
export type Value<S extends TSchema> = DeepReadonly<Static<S>>

/** `secret …`: read to bytes that nothing prints; complaints never quote them. */
export type TextForm = 'plain' | 'duration' | 'regex' | 'base64' | 'date-time' | 'secret text' | 'secret base64'
export type KeyForm = 'text' | 'label' | 'port'

/** Longest list anywhere; a service of more endpoints than this is split over WorkloadEntries or slices. */
export const longestList = 10_000
/** Istio's own limit for user regexes. */
export const longestRegex = 1024
/** A Secret's or ConfigMap's value in Kubernetes: 1 MiB, in base64. */
export const longestSecret = 1_400_000
/** Text of no special length: paths, values, bodies. */
export const longestText = 262_144

export const optional = Type.Optional

export const text = (maxLength = longestText) => Type.String({ maxLength })
/** Text whose absence is an error, and so is emptiness, which proto JSON cannot tell from it. */
export const requiredText = (maxLength = longestText) => Type.String({ minLength: 1, maxLength })
export const duration = () => Type.String({ maxLength: 64, form: 'duration' })
/** Istio's webhook demands it of nearly every duration; the definitions of kinds cannot say it. */
export const wholeMilliseconds = () => Type.String({ maxLength: 64, form: 'duration', precision: 'milliseconds' })
/** RE2 syntax. */
export const regex = () => Type.String({ maxLength: longestRegex, form: 'regex' })
/** Values that no log, dump or complaint may show, in `stringData` and `data` of a Secret. */
export const secretText = () => secret('secret text')
export const secretBase64 = () => secret('secret base64')
// The value is not what the text was: only the type says so.
const secret = (form: TextForm) => Type.String({ maxLength: longestSecret, form }) as unknown as TUnsafe<SecretBytes>

export const base64 = (maxLength = longestText) => Type.String({ maxLength, form: 'base64' })

/** RFC 3339. */
export const dateTime = () => Type.String({ maxLength: 64, form: 'date-time' })

export const uint32 = () => Type.Integer({ minimum: 0, maximum: 4_294_967_295 })
export const integerBetween = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum })
/** The number of a TCP or UDP port. */
export const portNumber = () => integerBetween(1, 65_535)
export const int32 = () => Type.Integer({ minimum: -2_147_483_648, maximum: 2_147_483_647 })
/** 64-bit in the API; what a double cannot hold exactly is refused. Proto JSON writes them as text, and takes both. */
export const uint64 = () => Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, wide: true })
export const double = () => Type.Number()
export const percentage = () => Type.Number({ minimum: 0, maximum: 100 })
export const bool = () => Type.Boolean()
export const intOrText = () => Type.Union([int32(), text()])

/** `google.protobuf.Struct`: a mapping to anything that JSON can say. */
export const struct = () => Type.Record(Type.String(), Type.Unknown(), { keyForm: 'text', maxProperties: 1000 })

/** One of `google.protobuf`'s wrappers: an API server lets `null` stand for its absence. Readers always do. */
export const wrapped = <Schema extends TSchema>(schema: Schema): Schema =>
  Object.assign(copyOf(schema), { nullable: true })

/** A proto enum: its names, each with its number. */
export const enumeration = <const Numbers extends Readonly<Record<string, number>>>(numbers: Numbers) =>
  Type.Enum(Object.keys(numbers) as (keyof Numbers & string)[], { numbers })

export const list = <Item extends TSchema>(item: Item, maxItems = longestList) => Type.Array(item, { maxItems })
/** A list whose emptiness is an error, as is its absence. */
export const requiredList = <Item extends TSchema>(item: Item, maxItems = longestList) =>
  Type.Array(item, { minItems: 1, maxItems })

export const map = <Item extends TSchema>(item: Item, keyForm: KeyForm = 'text', maxProperties = 1000) =>
  Type.Record(Type.String(), item, { keyForm, maxProperties })

/**
 * What a value must be beyond its form, or the fields of a message together, in both languages: the readers evaluate `holds`, the API server `cel`, and a
 * test proves that they never differ.
 */
export interface Rule<Message = never> {
  /** CEL over `self`, as in `x-kubernetes-validations`. */
  readonly cel: string
  /** Called only with a value whose form is right; absent fields are undefined. */
  holds(self: Message): boolean
  /** The field to name in the complaint, relative to the value; absent: the value itself. An API server names text only. */
  readonly at?: string | ((self: Message) => string)
  /** Completes "<field> …". */
  readonly reason: string
  readonly remedy?: string
}

export interface MessageRules<Message = never> {
  /** Of each group at most one field may be set (proto `oneof`). */
  readonly exclusive?: readonly (readonly string[])[]
  readonly rules?: readonly Rule<Message>[]
}

/** What the reference page, the CRD and the OpenAPI document say of a field beside its form. */
export interface FieldFacts {
  /** What holds when the field is absent, in words or as a value. */
  readonly default?: string
  /** Of numbers and text that have one: `seconds`, `bytes`, `percent`. */
  readonly unit?: string
  /** The release of Istio that brought it, where it is younger than 1.19. */
  readonly since?: string
  /** The field is accepted and does nothing yet, or not all that it should: what is missing. */
  readonly notInForce?: string
  /** Of a value that is written, whether `notInForce` is about it; absent: it is about every value. */
  readonly notInForceIf?: (value: never) => boolean
  /** A second name under which an API server takes the field; readers take every snake_case name. */
  readonly alias?: string
  /** What to use instead. */
  readonly deprecated?: string
}

/** A field of a message or structure with its meaning: whole sentences in Markdown, our own words. */
export const field = <Schema extends TSchema>(
  description: string,
  schema: Schema,
  facts: FieldFacts & { readonly notInForceIf?: (value: DeepReadonly<Static<Schema>>) => boolean } = {},
): Schema => Object.assign(copyOf(schema), { description, facts })

/** A value with rules of its own, beside those that it has: `ruled(text(), { cel: 'self != "*"', … })`. */
export const ruled = <Schema extends TSchema>(
  schema: Schema,
  ...rules: readonly Rule<DeepReadonly<Static<Schema>>>[]
): Schema => Object.assign(copyOf(schema), { rules: [...(keywordsOf(schema).rules ?? []), ...rules] })

/** With TypeBox's hidden marks: one schema serves several fields. */
const copyOf = <Schema extends TSchema>(schema: Schema): Schema =>
  Object.create(Object.getPrototypeOf(schema), Object.getOwnPropertyDescriptors(schema))

/** Of a schema, what readers and writers look at beyond TypeBox's own types. */
export interface Keywords extends MessageRules {
  readonly description?: string
  readonly facts?: FieldFacts
  readonly nullable?: boolean
  readonly wide?: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly form?: TextForm
  readonly additionalProperties?: boolean
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly keyForm?: KeyForm
}

export const keywordsOf = (schema: TSchema): Keywords => schema

/** A proto message: camelCase and snake_case are read, unknown fields are refused. */
export const message = <Fields extends TProperties>(
  fields: Fields,
  rules: MessageRules<DeepReadonly<Static<TObject<Fields>>>> = {},
) => Type.Object(fields, { additionalProperties: false, ...rules })

/** A Kubernetes structure: field names as they are; fields that the mesh does not use are passed over. */
export const structure = <Fields extends TProperties>(fields: Fields) =>
  Type.Object(fields, { additionalProperties: true })
