/** What the HTTP sides may see and do of the transparency log, and of a restore that waits to be confirmed. */

export interface TransparencyView {
  /** The last one that was made; at most a minute old. Undefined before the authority has started. */
  latestCheckpoint(): string | undefined
  /** Of the log as it is now. */
  checkpoint(): string
  /** `NAME+ID+KEY`. */
  verifierKey(): string
  entries(query: LogEntriesQuery): readonly LogEntryView[]
  /** Throws `LOG_ENTRY_UNKNOWN`. */
  proveInclusion(which: InclusionQuery): InclusionView
  /** From a tree of that size to the one of the checkpoint that comes with it. Throws `LOG_ENTRY_UNKNOWN`. */
  proveConsistency(fromSize: number): ConsistencyView
  /** Runs in the background; `audit` tells how it went. */
  startAudit(): void
  audit(): AuditView
  status(): LogStatusView
  /** `by`: the credential, which the log's entry names. */
  confirmRestore(by: string): Promise<void>
  /** As above. Throws `LOG_PRUNE_REFUSED`. */
  prune(beforeMs: number, by: string): Promise<PruneView>
}

export interface LogEntriesQuery {
  readonly from: number | undefined
  readonly limit: number
  readonly order: 'oldest-first' | 'newest-first'
  readonly kind: string | undefined
  readonly identity: string | undefined
  readonly serialNumber: string | undefined
  readonly sinceMs: number | undefined
}

export interface LogEntryView {
  readonly index: number
  readonly at: string
  readonly kind: string
  readonly identity?: string
  readonly serialNumber?: string
  readonly caller?: { readonly evidence: string; readonly detail: string; readonly peerAddress: string }
  readonly certificate?: Readonly<Record<string, string | number>>
  readonly details?: Readonly<Record<string, string | number>>
}

export interface InclusionQuery {
  /** One of the two. */
  readonly serialNumber: string | undefined
  readonly index: number | undefined
  readonly treeSize: number | undefined
}

export interface PruneView {
  readonly untilIndex: number
  readonly forgotten: number
}

/** Whatever is bytes is base64. */
export interface InclusionView {
  readonly index: number
  readonly treeSize: number
  /** What the leaf is hashed from; absent when it is forgotten. */
  readonly entry?: string
  readonly leafHash: string
  readonly path: readonly string[]
  /** Signed, of the tree that the proof is for; absent when that tree was asked for by its size. */
  readonly checkpoint?: string
  readonly verifierKey: string
}

export interface ConsistencyView {
  readonly fromSize: number
  readonly treeSize: number
  readonly path: readonly string[]
  readonly checkpoint: string
  readonly verifierKey: string
}

export interface AuditView {
  readonly state: 'none' | 'running' | 'done' | 'failed'
  readonly at?: string
  readonly size?: number
  /** Hexadecimal. */
  readonly rootHash?: string
  readonly faults: readonly string[]
}

export interface LogStatusView {
  readonly origin: string
  readonly size: number
  /** Entries of them whose bytes are forgotten. */
  readonly forgotten: number
  readonly restorePending?: { readonly since: string; readonly reason: string }
  readonly lostByRestore: number
  readonly alarms: readonly LogAlarmView[]
  readonly audit: AuditView
}

export interface LogAlarmView {
  readonly kind: 'roll-back' | 'fork' | 'foreign' | 'bad-signature' | 'unproved'
  readonly at: string
  readonly from: string
  readonly treeSize: number
  readonly message: string
}
