/**
 * A message of Kubernetes as the JSON that its own types would be written as. Nothing is lost without a word: a field
 * that the table does not have is refused.
 */

import protobuf from 'protobufjs'
import type { JsonObject } from '../json-value.ts'
import { isObject } from '../json-value.ts'
import type { FieldType, MessageField, MessageTable } from './message-table.ts'
import { scalarMessages } from './scalar-messages.ts'

/** What is wrong with the bytes, in words for their sender. */
export class UndecodableMessage extends Error {}

/** Deeper is no object of Kubernetes. */
const deepest = 40

/** Throws `UndecodableMessage`. */
export function decodeMessage(table: MessageTable, name: string, bytes: Uint8Array): JsonObject {
  try {
    return message({ table, depth: 0 }, name, protobuf.Reader.create(bytes))
  } catch (error) {
    if (error instanceof UndecodableMessage) throw error
    throw new UndecodableMessage(`the bytes are no ${name}`, { cause: error })
  }
}

interface Place {
  readonly table: MessageTable
  readonly depth: number
}

const wire = { varint: 0, bytes: 2 } as const

function message({ table, depth }: Place, name: string, reader: protobuf.Reader): JsonObject {
  const fields = table.get(name)
  if (fields === undefined || depth > deepest) throw new UndecodableMessage(`a ${name} is not taken as protobuf`)
  const inner = { table, depth: depth + 1 }
  const found = new Map<string, unknown>()
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    const field = fields.get(tag >>> 3)
    if (field === undefined) throw new UndecodableMessage(`field ${tag >>> 3} of ${name} is not known here`)
    if ((tag & 7) !== wireOf(field.type)) throw new UndecodableMessage(`${name}.${field.name} has another type`)
    read(inner, field, { reader, found })
  }
  return Object.fromEntries(
    [...found].map(([field, value]) => [field, value instanceof Map ? Object.fromEntries(value) : value]),
  )
}

function wireOf(type: FieldType): number {
  // Each item of a list is a field of its own: Kubernetes packs none.
  if (type.kind === 'list') return wireOf(type.of)
  return type.kind === 'bool' || type.kind === 'int' ? wire.varint : wire.bytes
}

interface Reading {
  readonly reader: protobuf.Reader
  readonly found: Map<string, unknown>
}

function read(place: Place, { name, type, whenEmpty }: MessageField, { reader, found }: Reading): void {
  const known = found.get(name)
  if (type.kind === 'list') {
    const item = readValue(place, type.of, reader)
    if (Array.isArray(known)) known.push(item)
    else found.set(name, [item])
    return
  }
  if (type.kind === 'map') {
    const [key, value] = entryOf(place, type.of, part(reader))
    if (key === '__proto__') throw new UndecodableMessage(`${name} has a member __proto__`)
    // A map until the message ends: an object that is made anew for each entry costs the square of them.
    if (known instanceof Map) known.set(key, value)
    else found.set(name, new Map([[key, value]]))
    return
  }
  const value = readValue(place, type, reader)
  if (name === '.' && isObject(value)) for (const [own, of] of Object.entries(value)) found.set(own, of)
  else if (value === undefined || (whenEmpty === 'left out' && isEmpty(value))) found.delete(name)
  else found.set(name, value)
}

/** A message or an entry inside of the one that is being read. */
const part = (reader: protobuf.Reader): protobuf.Reader => protobuf.Reader.create(reader.bytes())

function entryOf(place: Place, type: FieldType, reader: protobuf.Reader): readonly [string, unknown] {
  let key = ''
  let value: unknown = ''
  while (reader.pos < reader.len) {
    const number = reader.uint32() >>> 3
    if (number === 1) key = reader.string()
    else if (number === 2) value = readValue(place, type, reader)
    else throw new UndecodableMessage('an entry of a map has more than a key and a value')
  }
  return [key, value]
}

/** Undefined: the value that says nothing, as the zero time does. */
function readValue(place: Place, type: FieldType, reader: protobuf.Reader): unknown {
  switch (type.kind) {
    case 'string':
      return reader.string()
    case 'bool':
      return reader.bool()
    case 'int':
      return Number(reader.int64())
    case 'bytes':
      return Buffer.from(reader.bytes()).toString('base64')
    case 'message': {
      const scalar = scalarMessages.get(type.name)
      return scalar === undefined ? message(place, type.name, part(reader)) : scalar(part(reader))
    }
    case 'items':
      return itemsOf(place, type.of, part(reader))
    case 'list':
    case 'map':
      throw new UndecodableMessage('a list inside of a list')
  }
}

/** A message whose field 1 holds the items. */
function itemsOf(place: Place, type: FieldType, reader: protobuf.Reader): readonly unknown[] {
  const items: unknown[] = []
  while (reader.pos < reader.len) {
    if (reader.uint32() >>> 3 !== 1) throw new UndecodableMessage('a list has more than items')
    items.push(readValue(place, type, reader))
  }
  return items
}

const isEmpty = (value: unknown): boolean =>
  value === '' || value === 0 || value === false || (isObject(value) && Object.keys(value).length === 0)
