/** From the bytes of a file to text: UTF-8 only, checked to the byte, since a guess at an encoding is a guess at a policy. */

import { TextDecoder } from 'node:util'

export type DecodedText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'undecodable'; readonly reason: string; readonly line: number; readonly column: number }

export function decodeText(bytes: Uint8Array): DecodedText {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { kind: 'undecodable', reason: 'is UTF-16', line: 1, column: 1 }
  }
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { kind: 'undecodable', reason: 'is not UTF-8', ...firstFault(bytes) }
  }
}

const lineFeed = 0x0a

/** Where decoding first fails; only called for bytes that do. */
function firstFault(bytes: Uint8Array): { readonly line: number; readonly column: number } {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(lineFeed, start)
    const text = bytes.subarray(start, end < 0 ? bytes.length : end)
    try {
      decoder.decode(text)
    } catch {
      return { line, column: columnOfFault(text) }
    }
    if (end < 0) break
    start = end + 1
  }
  return { line, column: 1 }
}

/** The replacement character stands where strict decoding would have stopped, unless the text holds one of its own. */
function columnOfFault(line: Uint8Array): number {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(line).indexOf('\ufffd') + 1
}
