/** Plain forms of protobuf's well-known types, as protobufjs wants them. */

export interface Wrapped<T> {
  readonly value: T
}

export interface DurationMessage {
  readonly seconds: number
  readonly nanos: number
}

/** Any of the wrapper messages (UInt32Value, BoolValue, DoubleValue …). */
export function wrapped<T>(value: T): Wrapped<T> {
  return { value }
}

export function durationFromMs(ms: number): DurationMessage {
  const seconds = Math.trunc(ms / 1000)
  return { seconds, nanos: Math.round((ms - seconds * 1000) * 1e6) }
}

type PlainJson = string | number | boolean | null | readonly PlainJson[] | { readonly [key: string]: PlainJson }

/** `google.protobuf.Struct`; keys are sorted, so that equal contents have equal bytes. */
export function structFrom(json: { readonly [key: string]: PlainJson }): { fields: Record<string, unknown> } {
  const fields: Record<string, unknown> = {}
  for (const key of Object.keys(json).sort()) fields[key] = valueFrom(json[key] ?? null)
  return { fields }
}

function valueFrom(json: PlainJson): Record<string, unknown> {
  if (json === null) return { nullValue: 'NULL_VALUE' }
  if (typeof json === 'string') return { stringValue: json }
  if (typeof json === 'number') return { numberValue: json }
  if (typeof json === 'boolean') return { boolValue: json }
  if (Array.isArray(json)) return { listValue: { values: json.map(valueFrom) } }
  return { structValue: structFrom(json as { readonly [key: string]: PlainJson }) }
}
