/** The whole tree computed again from its entries, and the issuances held against theirs. */

export interface AuditReport {
  readonly atMs: number
  readonly size: number
  /** Empty: all is as it was written. Bounded; the first faults by index. */
  readonly faults: readonly string[]
}
