/** Bytes that all connections together may hold in half-received messages, so that many slow senders cannot fill the memory. */

export class AssemblyBudget {
  #leftBytes: number

  constructor(totalBytes: number) {
    this.#leftBytes = totalBytes
  }

  get leftBytes(): number {
    return this.#leftBytes
  }

  /** False, and nothing taken, when there is not that much left. */
  take(bytes: number): boolean {
    if (bytes > this.#leftBytes) return false
    this.#leftBytes -= bytes
    return true
  }

  giveBack(bytes: number): void {
    this.#leftBytes += bytes
  }
}
