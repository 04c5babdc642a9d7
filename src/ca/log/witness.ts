/** Checkpoints that others kept, held against the tree: what an attacker who owns the database cannot take back. */

export interface WitnessedCheckpoint {
  readonly origin: string
  readonly treeSize: number
  readonly rootHash: Uint8Array
  /** Ed25519 over the note's text. */
  readonly signature: Uint8Array
}

export interface LogAlarm {
  readonly kind: 'roll-back' | 'fork' | 'foreign'
  readonly atMs: number
  /** Who kept the checkpoint: `disk`, or the agent's node id. */
  readonly from: string
  readonly treeSize: number
  readonly message: string
}
