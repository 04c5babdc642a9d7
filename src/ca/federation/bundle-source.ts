/** Where the roots of one other trust domain come from, and what is known of that. */

export interface BundleSource {
  readonly trustDomain: string
  /** Calls `onRoots` with concatenated PEM whenever there are good ones; they may be the same as before. */
  start(onRoots: (rootsPem: string) => void): void
  stop(): void
  status(): BundleSourceStatus
}

export interface BundleSourceStatus {
  /** A file's path or an endpoint's URL. */
  readonly from: string
  /** When good roots were last seen there, in this run; undefined: not yet. */
  readonly lastGoodMs: number | undefined
  /** Why the latest try gave none; '' when it did. */
  readonly fault: string
  readonly failures: number
}
