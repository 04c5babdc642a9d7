/** Messages of Kubernetes that are one value in JSON: times, quantities, ports by number or name. */

import type protobuf from 'protobufjs'
import { parseJsonText } from '../json-text.ts'

type ReadScalar = (reader: protobuf.Reader) => unknown

/** By name of the message. Undefined is answered for the value that says nothing: the zero time, no fields. */
export const scalarMessages: ReadonlyMap<string, ReadScalar> = new Map<string, ReadScalar>([
  ['Time', reader => timeText(fieldsOf(reader), 0)],
  ['MicroTime', reader => timeText(fieldsOf(reader), 6)],
  ['Quantity', reader => textAt(fieldsOf(reader), 1)],
  ['IntOrString', reader => portOf(fieldsOf(reader))],
  ['FieldsV1', reader => fieldSet(textAt(fieldsOf(reader), 1))],
])

type Fields = ReadonlyMap<number, number | Buffer>

function fieldsOf(reader: protobuf.Reader): Fields {
  const fields = new Map<number, number | Buffer>()
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if ((tag & 7) === 0) fields.set(tag >>> 3, Number(reader.int64()))
    else if ((tag & 7) === 2) fields.set(tag >>> 3, Buffer.from(reader.bytes()))
    else throw new Error('neither a number nor bytes')
  }
  return fields
}

function textAt(fields: Fields, number: number): string {
  const found = fields.get(number)
  return Buffer.isBuffer(found) ? found.toString('utf8') : ''
}

function numberAt(fields: Fields, number: number): number {
  const found = fields.get(number)
  return typeof found === 'number' ? found : 0
}

/** RFC 3339. */
function timeText(fields: Fields, digits: number): string | undefined {
  if (fields.size === 0) return undefined
  const seconds = new Date(numberAt(fields, 1) * 1000).toISOString().slice(0, 19)
  if (digits === 0) return `${seconds}Z`
  return `${seconds}.${String(numberAt(fields, 2)).padStart(9, '0').slice(0, digits)}Z`
}

function portOf(fields: Fields): number | string {
  return numberAt(fields, 1) === 0 ? numberAt(fields, 2) : textAt(fields, 3)
}

const fieldSet = (text: string): unknown => (text === '' ? undefined : parseJsonText(text))
