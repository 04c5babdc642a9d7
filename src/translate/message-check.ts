/**
 * Finds what protobufjs would drop from a plain object without a word: unknown fields, unknown enum names, and all but
 * one of a oneof's fields.
 */

import protobuf from 'protobufjs'

/** Throws an Error that names the message and the path of the first key that would be lost. */
export function checkMessage(type: protobuf.Type, plain: unknown, path = ''): void {
  if (typeof plain !== 'object' || plain === null) throw new Error(`${type.fullName}: ${path} is no message`)
  for (const [key, value] of Object.entries(plain)) {
    const at = path === '' ? key : `${path}.${key}`
    if (value === undefined) throw new Error(`${type.fullName}: ${at} is undefined`)
    const field = Object.hasOwn(type.fields, key) ? type.fields[key] : undefined
    if (field === undefined) throw new Error(`${type.fullName} has no field ${at}`)
    field.resolve()
    const rival = field.partOf?.oneof.find(other => other !== key && Object.hasOwn(plain, other))
    if (rival !== undefined) throw new Error(`${type.fullName}: ${at} and ${rival} exclude each other`)
    if (field.map) for (const [entry, item] of Object.entries(value)) checkValue(field, item, `${at}[${entry}]`)
    else if (!field.repeated) checkValue(field, value, at)
    else if (!Array.isArray(value)) throw new Error(`${type.fullName}: ${at} is no list`)
    else for (let i = 0; i < value.length; i++) checkValue(field, value[i], `${at}[${i}]`)
  }
}

function checkValue(field: protobuf.Field, value: unknown, at: string): void {
  const type = field.resolvedType
  if (type instanceof protobuf.Type) {
    checkMessage(type, value, at)
    return
  }
  if (type instanceof protobuf.Enum) {
    const known = typeof value === 'string' ? Object.hasOwn(type.values, value) : typeof value === 'number'
    if (!known) throw new Error(`${type.fullName} has no value ${String(value)} (${at})`)
  }
}
