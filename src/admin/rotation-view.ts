/** The authority's trust and the rotation of its root, as the HTTP sides see them. */

export interface RotationView {
  status(): AuthorityStatus
  /** Resolves when it is on disk that it has begun. Throws `CA_ROTATION_REFUSED`. */
  rotate(windowSeconds: number): Promise<AuthorityStatus>
  /** Throws `CA_ROTATION_REFUSED`. */
  abort(): Promise<AuthorityStatus>
  /** Ends the present wait whoever lags. Throws `CA_ROTATION_REFUSED`. */
  force(): Promise<AuthorityStatus>
}

export interface AuthorityStatus {
  readonly trustDomain: string
  readonly trustGeneration: number
  readonly roots: readonly TrustedRootStatus[]
  readonly agents: { readonly attending: number; readonly withNewestTrust: number }
  /** What should be looked after, in words. */
  readonly warnings: readonly string[]
  /** The latest, also when it has ended; absent when there never was one. */
  readonly rotation?: RotationProgress
  /** When roots are made elsewhere: how far the daemon is with taking over what is there now. */
  readonly succession?: SuccessionProgress
}

export interface SuccessionProgress {
  /** `distributing`: not everybody has the newest roots. `renewing`: something alive leads to a root that is to go. */
  readonly step: 'settled' | 'distributing' | 'renewing'
  /** Root of the signer that waits until everybody trusts it; absent: none waits. */
  readonly nextRoot?: string
  readonly percent: number
  readonly total: number
  readonly lagging: number
  /** The first of them. */
  readonly laggards: readonly LaggardStatus[]
}

export interface TrustedRootStatus {
  readonly fingerprint: string
  readonly subject: string
  readonly notAfter: string
  readonly use: 'signs' | 'is trusted'
}

export interface RotationProgress {
  readonly id: number
  readonly step: 'prepared' | 'distributed' | 'switched' | 'reissued' | 'done' | 'aborted'
  /** `back`: it is being aborted. */
  readonly direction: 'forward' | 'back'
  readonly fromRoot: string
  readonly toRoot: string
  readonly startedAt: string
  readonly stepAt: string
  readonly windowSeconds: number
  /** Of those that the present step waits for; 100 when it waits for nobody. */
  readonly percent: number
  readonly total: number
  readonly lagging: number
  /** The first of them. */
  readonly laggards: readonly LaggardStatus[]
}

export interface LaggardStatus {
  /** The node id of its agent; '' when no agent attends for it. */
  readonly node: string
  readonly identity: string
  readonly serialNumber: string
  readonly reason: string
}
