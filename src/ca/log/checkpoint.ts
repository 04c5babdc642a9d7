/** A signed checkpoint in the form of C2SP's tlog-checkpoint and signed note. */

export interface Checkpoint {
  readonly origin: string
  readonly treeSize: number
  readonly rootHash: Buffer
  /** Ed25519 over the note's text: 64 bytes. */
  readonly signature: Buffer
  /** The signed note. */
  readonly note: string
}
