/** Proofs of RFC 9162, and whether they hold (sections 2.1.3.2 and 2.1.4.2). For whoever has no tree: commands, agents. */

import { emptyRoot, nodeHash } from './merkle.ts'

export interface InclusionProof {
  readonly index: number
  readonly treeSize: number
  /** From the leaf's sibling upwards. */
  readonly path: readonly Buffer[]
}

export interface ConsistencyProof {
  readonly fromSize: number
  readonly treeSize: number
  readonly path: readonly Buffer[]
}

/** The root that a tree with this leaf there has, or undefined when the proof has not the shape of one. */
export function rootFromInclusion(leaf: Buffer, { index, treeSize, path }: InclusionProof): Buffer | undefined {
  if (!isSize(index) || !isSize(treeSize) || index >= treeSize) return undefined
  let at = index
  let last = treeSize - 1
  let hash = leaf
  for (const sibling of path) {
    if (last === 0) return undefined
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash)
      while (at % 2 === 0 && at !== 0) {
        at /= 2
        last = Math.floor(last / 2)
      }
    } else {
      hash = nodeHash(hash, sibling)
    }
    at = Math.floor(at / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 ? hash : undefined
}

/** Whether the tree with `root` begins with all the leaves of the one with `fromRoot`. */
export function isConsistent(proof: ConsistencyProof, fromRoot: Buffer, root: Buffer): boolean {
  const { fromSize, treeSize } = proof
  if (!isSize(fromSize) || !isSize(treeSize) || fromSize > treeSize) return false
  if (fromSize === 0) return proof.path.length === 0 && fromRoot.equals(emptyRoot)
  if (fromSize === treeSize) return proof.path.length === 0 && fromRoot.equals(root)
  const [first, ...rest] = Number.isInteger(Math.log2(fromSize)) ? [fromRoot, ...proof.path] : proof.path
  if (first === undefined || rest.length + (first === fromRoot ? 0 : 1) === 0) return false
  let at = fromSize - 1
  let last = treeSize - 1
  while (at % 2 === 1) {
    at = Math.floor(at / 2)
    last = Math.floor(last / 2)
  }
  let before = first
  let after = first
  for (const hash of rest) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      before = nodeHash(hash, before)
      after = nodeHash(hash, after)
      while (at % 2 === 0 && at !== 0) {
        at /= 2
        last = Math.floor(last / 2)
      }
    } else {
      after = nodeHash(after, hash)
    }
    at = Math.floor(at / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && before.equals(fromRoot) && after.equals(root)
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
