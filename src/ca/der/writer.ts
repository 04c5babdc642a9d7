/** Writes DER (ITU-T X.690 section 10). Each function returns one finished element. */

import { contextConstructed, tags } from './tags.ts'

export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  let length = 0
  for (const part of parts) length += part.length
  const bytes = Buffer.allocUnsafe(headerBytes(length) + length)
  let at = writeHeader(bytes, tag, length)
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => element(tags.sequence, ...parts)
export const setOf = (part: Uint8Array): Buffer => element(tags.set, part)
export const octetString = (bytes: Uint8Array): Buffer => element(tags.octetString, bytes)
export const utf8String = (text: string): Buffer => element(tags.utf8String, Buffer.from(text, 'utf8'))
export const explicit = (number: number, ...parts: readonly Uint8Array[]): Buffer =>
  element(contextConstructed(number), ...parts)
export const derTrue: Buffer = Buffer.from([tags.boolean, 1, 0xff])
export const derNull: Buffer = Buffer.from([tags.null, 0])

/** `magnitude` is big-endian. */
export function unsignedInteger(magnitude: Uint8Array): Buffer {
  let start = 0
  while (start < magnitude.length - 1 && magnitude[start] === 0) start += 1
  const shortest = magnitude.subarray(start)
  const needsSignByte = (shortest[0] ?? 0x80) >= 0x80
  return needsSignByte ? element(tags.integer, zero, shortest) : element(tags.integer, shortest)
}

export function bitString(bytes: Uint8Array): Buffer {
  return element(tags.bitString, zero, bytes)
}

/** A BIT STRING of flags: `bits` are the numbers of those set, as in a KeyUsage. Trailing zero bits are left out. */
export function namedBits(bits: readonly number[]): Buffer {
  const last = Math.max(...bits)
  const bytes = Buffer.alloc((last >> 3) + 1)
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  return element(tags.bitString, Buffer.from([7 - (last & 7)]), bytes)
}

/** `dotted` such as `2.5.29.17`. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes: number[] = []
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc & 0x7f]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left & 0x7f) | 0x80)
    bytes.push(...groups)
  }
  return element(tags.oid, Buffer.from(bytes))
}

/** Whole seconds, rounded down; UTCTime through 2049, GeneralizedTime after it (RFC 5280 section 4.1.2.5). */
export function time(ms: number): Buffer {
  const second = Math.floor(ms / 1000)
  // What is issued in one second mostly has the same two times.
  const known = recentTimes.get(second)
  if (known !== undefined) return known
  if (recentTimes.size >= mostRecentTimes) recentTimes.clear()
  const made = timeElement(second * 1000)
  recentTimes.set(second, made)
  return made
}

const recentTimes = new Map<number, Buffer>()
const mostRecentTimes = 16

function timeElement(ms: number): Buffer {
  const text = timeText(ms)
  const year = Number(text.slice(0, 4))
  if (year >= 1950 && year < 2050) return element(tags.utcTime, Buffer.from(text.slice(2), 'latin1'))
  return element(tags.generalizedTime, Buffer.from(text, 'latin1'))
}

/** The same, whatever the year: what OCSP demands. */
export function generalizedTime(ms: number): Buffer {
  return element(tags.generalizedTime, Buffer.from(timeText(ms), 'latin1'))
}

/** `YYYYMMDDHHMMSSZ`. */
function timeText(ms: number): string {
  const iso = new Date(ms).toISOString()
  const date = iso.slice(0, 4) + iso.slice(5, 7) + iso.slice(8, 10)
  return `${date}${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`
}

const zero = Buffer.from([0])

function headerBytes(length: number): number {
  if (length < 0x80) return 2
  if (length < 0x100) return 3
  return length < 0x10000 ? 4 : 5
}

/** Returns where the content begins. */
function writeHeader(bytes: Buffer, tag: number, length: number): number {
  const end = headerBytes(length)
  bytes[0] = tag
  bytes[1] = end === 2 ? length : 0x80 + end - 2
  if (end > 2) bytes.writeUIntBE(length, 2, end - 2)
  return end
}
