/** Roots and proofs from the stored nodes, O(log n) look-ups each (RFC 9162 sections 2.1.1, 2.1.3.1 and 2.1.4.1). */

import { emptyRoot, nodeHash, splitOf } from './merkle.ts'
import type { ConsistencyProof, InclusionProof } from './proofs.ts'

/** The hash of a complete subtree; level 0 is a leaf's. */
export type ReadNode = (level: number, position: number) => Buffer

/** Of the tree's first `size` leaves. */
export function rootAt(read: ReadNode, size: number): Buffer {
  return size === 0 ? emptyRoot : rangeHash(read, 0, size)
}

/** `index` < `treeSize`. */
export function inclusionProof(read: ReadNode, index: number, treeSize: number): InclusionProof {
  const path: Buffer[] = []
  const walk = (begin: number, end: number): void => {
    if (end - begin === 1) return
    const middle = begin + splitOf(end - begin)
    if (index < middle) {
      walk(begin, middle)
      path.push(rangeHash(read, middle, end))
    } else {
      walk(middle, end)
      path.push(rangeHash(read, begin, middle))
    }
  }
  walk(0, treeSize)
  return { index, treeSize, path }
}

/** `fromSize` ≤ `treeSize`. */
export function consistencyProof(read: ReadNode, fromSize: number, treeSize: number): ConsistencyProof {
  const path: Buffer[] = []
  const walk = (begin: number, end: number, isWholeOld: 'whole-old-tree' | 'part'): void => {
    if (fromSize === end) {
      if (isWholeOld === 'part') path.push(rangeHash(read, begin, end))
      return
    }
    const middle = begin + splitOf(end - begin)
    if (fromSize <= middle) {
      walk(begin, middle, isWholeOld)
      path.push(rangeHash(read, middle, end))
    } else {
      walk(middle, end, 'part')
      path.push(rangeHash(read, begin, middle))
    }
  }
  if (fromSize > 0) walk(0, treeSize, 'whole-old-tree')
  return { fromSize, treeSize, path }
}

/** `begin` is a multiple of the power of two that is not less than the range, as in every range of a proof. */
function rangeHash(read: ReadNode, begin: number, end: number): Buffer {
  const width = end - begin
  const level = Math.log2(width)
  if (Number.isInteger(level)) return read(level, begin / width)
  const middle = begin + splitOf(width)
  return nodeHash(rangeHash(read, begin, middle), rangeHash(read, middle, end))
}
