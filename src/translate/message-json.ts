/** Canonical proto JSON of a decoded message: https://protobuf.dev/programming-guides/json/ */

import protobuf from 'protobufjs'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** `typeOf` finds the message types of Any values; an unknown one stays base64. Fields with default values are left out. */
export function jsonFromMessage(
  type: protobuf.Type,
  message: object,
  typeOf: (name: string) => protobuf.Type | undefined,
): Json {
  const special = wellKnown[type.fullName.slice(1)]
  if (special !== undefined) return special(message as Record<string, unknown>)
  if (type.fullName === '.google.protobuf.Any') return jsonFromAny(message as Record<string, unknown>, typeOf)
  const json: Record<string, Json> = {}
  for (const field of type.fieldsArray) {
    if (!Object.hasOwn(message, field.name)) continue
    field.resolve()
    const value = (message as Record<string, unknown>)[field.name]
    const item = (one: unknown): Json => jsonFromValue(field, one, typeOf)
    if (field.map) {
      const entries = Object.entries(value as Record<string, unknown>).map(([key, one]) => [key, item(one)] as const)
      if (entries.length > 0) json[jsonName(field)] = Object.fromEntries(entries)
    } else if (field.repeated) {
      const items = (value as readonly unknown[]).map(item)
      if (items.length > 0) json[jsonName(field)] = items
    } else {
      const one = item(value)
      // In a oneof, presence says which branch was taken.
      if (field.partOf !== null || field.resolvedType instanceof protobuf.Type || !isDefault(field, value)) {
        json[jsonName(field)] = one
      }
    }
  }
  return json
}

/** protobufjs leaves an underscore that a digit follows; proto JSON does not. */
function jsonName(field: protobuf.Field): string {
  return field.name.replace(/_(.)/g, (_match, next: string) => next.toUpperCase())
}

function jsonFromValue(
  field: protobuf.Field,
  value: unknown,
  typeOf: (name: string) => protobuf.Type | undefined,
): Json {
  const type = field.resolvedType
  if (type instanceof protobuf.Type) return jsonFromMessage(type, value as object, typeOf)
  if (type instanceof protobuf.Enum) return type.valuesById[value as number] ?? (value as number)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  // 64-bit integers are Long objects, and strings in proto JSON.
  if (typeof value === 'object') return String(value)
  return value as Json
}

function isDefault(field: protobuf.Field, value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length === 0
  if (typeof value === 'object') return String(value) === '0'
  return value === field.defaultValue || value === 0 || value === '' || value === false
}

function jsonFromAny(message: Record<string, unknown>, typeOf: (name: string) => protobuf.Type | undefined): Json {
  const typeUrl = String(message.type_url ?? '')
  const value = (message.value as Uint8Array | undefined) ?? new Uint8Array()
  const type = typeOf(typeUrl.slice(typeUrl.lastIndexOf('/') + 1))
  if (type === undefined) return { '@type': typeUrl, value: Buffer.from(value).toString('base64') }
  const inner = jsonFromMessage(type, type.decode(value), typeOf)
  if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) {
    return { '@type': typeUrl, ...(inner as Record<string, Json>) }
  }
  return { '@type': typeUrl, value: inner }
}

const scalar =
  (zero: Json) =>
  (message: Record<string, unknown>): Json =>
    Object.hasOwn(message, 'value') ? scalarJson(message.value) : zero

const wellKnown: Readonly<Record<string, ((message: Record<string, unknown>) => Json) | undefined>> = {
  'google.protobuf.BoolValue': scalar(false),
  'google.protobuf.StringValue': scalar(''),
  'google.protobuf.BytesValue': scalar(''),
  'google.protobuf.DoubleValue': scalar(0),
  'google.protobuf.FloatValue': scalar(0),
  'google.protobuf.Int32Value': scalar(0),
  'google.protobuf.UInt32Value': scalar(0),
  'google.protobuf.Int64Value': scalar('0'),
  'google.protobuf.UInt64Value': scalar('0'),
  'google.protobuf.Duration': durationJson,
  'google.protobuf.Struct': structJson,
  'google.protobuf.Value': valueJson,
  'google.protobuf.ListValue': listJson,
}

function scalarJson(value: unknown): Json {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return typeof value === 'object' ? String(value) : (value as Json)
}

function durationJson(message: Record<string, unknown>): Json {
  const seconds = String(message.seconds ?? 0)
  const nanos = Number(message.nanos ?? 0)
  if (nanos === 0) return `${seconds}s`
  const fraction = String(Math.abs(nanos)).padStart(9, '0')
  return `${nanos < 0 && !seconds.startsWith('-') ? '-' : ''}${seconds}.${fraction.replace(/0+$/, '')}s`
}

function structJson(message: Record<string, unknown>): Json {
  const fields = (message.fields ?? {}) as Record<string, Record<string, unknown>>
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, valueJson(value)]))
}

function listJson(message: Record<string, unknown>): Json {
  return ((message.values ?? []) as Record<string, unknown>[]).map(valueJson)
}

function valueJson(message: Record<string, unknown>): Json {
  if (Object.hasOwn(message, 'structValue')) return structJson(message.structValue as Record<string, unknown>)
  if (Object.hasOwn(message, 'listValue')) return listJson(message.listValue as Record<string, unknown>)
  for (const key of ['stringValue', 'numberValue', 'boolValue']) {
    if (Object.hasOwn(message, key)) return message[key] as Json
  }
  return null
}
