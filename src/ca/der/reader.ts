/**
 * Reads DER (ITU-T X.690 section 10) strictly: one-byte tags, definite lengths in the shortest form, nothing past the end.
 * Whatever is not DER is a `DerError`, never another exception. Nothing is copied; nesting is walked by the caller, so
 * depth costs no stack.
 */

import { tags } from './tags.ts'

export interface DerElement {
  readonly tag: number
  readonly content: Buffer
  /** Tag and length too. */
  readonly raw: Buffer
}

/** Places in the bytes: a view is made of what somebody looks at, which is one in ten (bench/ca-load.ts). */
class PlacedElement implements DerElement {
  readonly #bytes: Buffer
  readonly #start: number
  readonly tag: number
  readonly contentStart: number
  readonly end: number

  constructor(bytes: Buffer, start: number, contentStart: number, end: number) {
    this.#bytes = bytes
    this.#start = start
    this.tag = bytes[start] ?? 0
    this.contentStart = contentStart
    this.end = end
  }

  get content(): Buffer {
    return this.#bytes.subarray(this.contentStart, this.end)
  }

  get raw(): Buffer {
    return this.#bytes.subarray(this.#start, this.end)
  }
}

/** `message` says what is wrong and where, without repeating content. */
export class DerError extends Error {
  override readonly name = 'DerError'
}

export class DerReader {
  readonly #bytes: Buffer
  readonly #end: number
  #at: number

  /** Of the bytes from `start` to `end`; of all when absent. */
  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  get atEnd(): boolean {
    return this.#at === this.#end
  }

  /** The next element's tag, `undefined` at the end. */
  peekTag(): number | undefined {
    return this.atEnd ? undefined : this.#bytes[this.#at]
  }

  /** The next element, which must have this tag. */
  read(tag: number): DerElement {
    return this.#readTagged(tag)
  }

  /** The content of the next element, which must be a SEQUENCE. */
  readSequence(): DerReader {
    const { contentStart, end } = this.#readTagged(tags.sequence)
    return new DerReader(this.#bytes, contentStart, end)
  }

  readAny(): DerElement {
    return this.#readPlaced()
  }

  /** Nothing may follow. */
  end(): void {
    if (!this.atEnd) throw new DerError('something follows where the end is due')
  }

  #readTagged(tag: number): PlacedElement {
    const element = this.#readPlaced()
    if (element.tag !== tag) throw new DerError(`tag ${hex(element.tag)} where ${hex(tag)} is due`)
    return element
  }

  #readPlaced(): PlacedElement {
    const bytes = this.#bytes
    const start = this.#at
    if (start + 2 > this.#end) throw new DerError('an element is cut short')
    const tag = bytes[start] ?? 0
    const first = bytes[start + 1] ?? 0
    if ((tag & 0x1f) === 0x1f) throw new DerError('a tag of several bytes')
    let contentStart = start + 2
    let length = first
    if (first >= 0x80) {
      const lengthBytes = first & 0x7f
      if (lengthBytes === 0 || lengthBytes > 4) throw new DerError('an indefinite or huge length')
      contentStart += lengthBytes
      if (contentStart > this.#end) throw new DerError('a length is cut short')
      length = bytes.readUIntBE(start + 2, lengthBytes)
      if (length < 0x80 || bytes[start + 2] === 0) throw new DerError('a length not in its shortest form')
    }
    const end = contentStart + length
    if (end > this.#end) throw new DerError('an element is longer than what holds it')
    this.#at = end
    return new PlacedElement(bytes, start, contentStart, end)
  }
}

/** The magnitude, big-endian without leading zeros, of an INTEGER that must not be negative. */
export function unsignedFrom(integer: DerElement): Buffer {
  const [first, second] = integer.content
  if (first === undefined) throw new DerError('an empty integer')
  if (first >= 0x80) throw new DerError('a negative integer')
  if (first !== 0 || second === undefined) return integer.content
  if (second < 0x80) throw new DerError('an integer not in its shortest form')
  return integer.content.subarray(1)
}

/** The bytes of a BIT STRING that must have no unused bits. */
export function wholeBytesFrom(bitString: DerElement): Buffer {
  if (bitString.content[0] !== 0) throw new DerError('a bit string that is not whole bytes')
  return bitString.content.subarray(1)
}

function hex(tag: number): string {
  return `0x${tag.toString(16).padStart(2, '0')}`
}
