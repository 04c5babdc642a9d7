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

/** `message` says what is wrong and where, without repeating content. */
export class DerError extends Error {
  override readonly name = 'DerError'
}

export class DerReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  /** The next element's tag, `undefined` at the end. */
  peekTag(): number | undefined {
    return this.#bytes[this.#at]
  }

  /** The next element, which must have this tag. */
  read(tag: number): DerElement {
    const element = this.readAny()
    if (element.tag !== tag) throw new DerError(`tag ${hex(element.tag)} where ${hex(tag)} is due`)
    return element
  }

  /** The content of the next element, which must be a SEQUENCE. */
  readSequence(): DerReader {
    return new DerReader(this.read(tags.sequence).content)
  }

  readAny(): DerElement {
    const bytes = this.#bytes
    const start = this.#at
    const tag = bytes[start]
    const first = bytes[start + 1]
    if (tag === undefined || first === undefined) throw new DerError('an element is cut short')
    if ((tag & 0x1f) === 0x1f) throw new DerError('a tag of several bytes')
    let contentStart = start + 2
    let length = first
    if (first >= 0x80) {
      const lengthBytes = first & 0x7f
      if (lengthBytes === 0 || lengthBytes > 4) throw new DerError('an indefinite or huge length')
      contentStart += lengthBytes
      if (contentStart > bytes.length) throw new DerError('a length is cut short')
      length = bytes.readUIntBE(start + 2, lengthBytes)
      if (length < 0x80 || bytes[start + 2] === 0) throw new DerError('a length not in its shortest form')
    }
    const end = contentStart + length
    if (end > bytes.length) throw new DerError('an element is longer than what holds it')
    this.#at = end
    return { tag, content: bytes.subarray(contentStart, end), raw: bytes.subarray(start, end) }
  }

  /** Nothing may follow. */
  end(): void {
    if (!this.atEnd) throw new DerError('something follows where the end is due')
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
