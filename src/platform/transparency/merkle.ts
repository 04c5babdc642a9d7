/**
 * The hash tree of RFC 9162 section 2.1: pure arithmetic on sizes and hashes. Sizes may pass 2^31, so nothing here uses
 * bit operators on them.
 */

import { hash } from 'node:crypto'

/** Of the empty tree. */
export const emptyRoot: Buffer = sha256(Buffer.alloc(0))

export function leafHash(body: Uint8Array): Buffer {
  return sha256(Buffer.concat([leafPrefix, body]))
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(Buffer.concat([nodePrefix, left, right]))
}

/** A complete subtree: that of `2^level` leaves from leaf `position * 2^level` on. */
export interface NodePlace {
  readonly level: number
  readonly position: number
}

/** The complete subtrees that a tree of `size` leaves consists of, the widest first. */
export function peaksOf(size: number): readonly NodePlace[] {
  const places: NodePlace[] = []
  let begin = 0
  for (let left = size; left > 0; ) {
    const level = Math.floor(Math.log2(left))
    const width = 2 ** level
    places.push({ level, position: begin / width })
    begin += width
    left -= width
  }
  return places
}

/** The hashes at `peaksOf(size)` after one more leaf. `completed` hears of each subtree (level 1 and up) that it filled. */
export function grow(
  peaks: readonly Buffer[],
  size: number,
  leaf: Buffer,
  completed: (place: NodePlace, hash: Buffer) => void,
): Buffer[] {
  const grown = [...peaks]
  let top = leaf
  let position = size
  for (let level = 1; position % 2 === 1; level += 1) {
    const left = grown.pop()
    if (left === undefined) throw new RangeError(`${peaks.length} peaks are too few for ${size} leaves`)
    top = nodeHash(left, top)
    position = (position - 1) / 2
    completed({ level, position }, top)
  }
  grown.push(top)
  return grown
}

export function rootOfPeaks(peaks: readonly Buffer[]): Buffer {
  const [last, ...wider] = peaks.toReversed()
  if (last === undefined) return emptyRoot
  return wider.reduce((right, left) => nodeHash(left, right), last)
}

/** The largest power of two smaller than `size`, which is at least 2. */
export function splitOf(size: number): number {
  const width = 2 ** Math.floor(Math.log2(size))
  return width === size ? width / 2 : width
}

const leafPrefix = Buffer.from([0])
const nodePrefix = Buffer.from([1])

function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer')
}
