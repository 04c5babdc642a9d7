/** Proofs from the stored nodes, O(log n) look-ups each (RFC 9162 sections 2.1.3 and 2.1.4). */

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
