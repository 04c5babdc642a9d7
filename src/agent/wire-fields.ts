/**
 * Reads the top-level fields of a protobuf message without its schema. The relay passes messages on as bytes and needs
 * only a few of their fields; decoding them whole would cost the schemas of all of Envoy.
 * Encoding: https://protobuf.dev/programming-guides/encoding/.
 */

import { MeshwrightError } from '../platform/errors.ts'

export interface WireField {
  readonly field: number
  /** The content of a length-delimited field, a view of the message; empty for numbers. */
  readonly bytes: Buffer
  /** The value of a varint field, exact below 2^53; 0 for the others. */
  readonly number: number
}

/** In the order of the message. Throws INTERNAL when it is cut off or malformed. */
export function* wireFields(message: Uint8Array): Generator<WireField> {
  const buffer = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  const cursor = { offset: 0 }
  while (cursor.offset < buffer.length) {
    const tag = readVarint(buffer, cursor)
    const field = Math.floor(tag / 8)
    switch (tag % 8) {
      case 0:
        yield { field, bytes: empty, number: readVarint(buffer, cursor) }
        break
      case 1:
        skip(buffer, cursor, 8)
        yield { field, bytes: empty, number: 0 }
        break
      case 2: {
        const length = readVarint(buffer, cursor)
        const start = cursor.offset
        skip(buffer, cursor, length)
        yield { field, bytes: buffer.subarray(start, cursor.offset), number: 0 }
        break
      }
      case 5:
        skip(buffer, cursor, 4)
        yield { field, bytes: empty, number: 0 }
        break
      default:
        throw malformed(`wire type ${tag % 8}`)
    }
  }
}

/** The text of the last occurrence of `field`, as protobuf's rule for singular fields is; '' when it is absent. */
export function textField(message: Uint8Array, field: number): string {
  let text = ''
  for (const found of wireFields(message)) if (found.field === field) text = found.bytes.toString('utf8')
  return text
}

const empty = Buffer.alloc(0)

function readVarint(buffer: Buffer, cursor: { offset: number }): number {
  let value = 0
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = buffer[cursor.offset]
    if (byte === undefined) break
    cursor.offset += 1
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return value
  }
  throw malformed('a number that does not end')
}

function skip(buffer: Buffer, cursor: { offset: number }, length: number): void {
  if (length > buffer.length - cursor.offset) throw malformed('a field that is cut off')
  cursor.offset += length
}

function malformed(what: string): MeshwrightError {
  return new MeshwrightError('INTERNAL', { message: `a protobuf message does not parse: ${what}` })
}
