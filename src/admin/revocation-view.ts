/** Revocation, as the HTTP sides see it. */

export interface RevocationView {
  /** Resolves when it is enforced everywhere, or the time is over. Throws `REVOCATION_UNKNOWN`, `REVOCATION_REFUSED`. */
  revoke(request: RevokeRequest): Promise<RevocationReport>
  /** Throws `REVOCATION_UNKNOWN`. */
  unrevoke(request: UnrevokeRequest): Promise<UnrevocationReport>
  list(): RevocationList
  /** The list of revoked certificates of each issuer whose key is here. */
  crls(): readonly PublishedCrl[]
  /** DER of an OCSPResponse to the DER of an OCSPRequest. */
  ocsp(request: Buffer): Buffer
}

export const revocationKinds = ['serial', 'identity', 'key', 'issuer'] as const
export type RevocationKind = (typeof revocationKinds)[number]

export interface UnrevokeRequest {
  readonly kind: RevocationKind
  readonly value: string
  readonly timeoutMs: number
}

export interface RevokeRequest extends UnrevokeRequest {
  /** As RFC 5280 names it. */
  readonly reason: string
  /** End of the ban on issuing. */
  readonly untilMs: number | undefined
  /** By when also connections that say nothing must have ended; undefined: they may stay. */
  readonly deadlineMs: number | undefined
}

export interface RevocationReport {
  readonly id: number
  /** Serial numbers that are revoked by this. */
  readonly certificates: readonly string[]
  /** Connections of revoked workloads to the daemon that were cut. */
  readonly connectionsCut: number
  readonly proxies: number
  readonly enforced: number
  readonly tookMs: number
  /** How many proxies enforce it by which means. */
  readonly paths: readonly EnforcementPath[]
  /** Those that do not, as far as is known. */
  readonly unreachable: readonly UnreachableProxy[]
  /** Agents that have the order on their disks, so that an older backup does not undo it, of those that attend. */
  readonly kept: { readonly agents: number; readonly of: number }
  /** Present when `deadlineMs` was given. */
  readonly drain?: DrainReport
  readonly isEnforced: boolean
}

export interface EnforcementPath {
  /** `crl+rbac`: handshakes, requests and connections; `rbac`: requests and connections. */
  readonly path: 'crl+rbac' | 'rbac'
  readonly proxies: number
  /** Why not all; '' for the whole. */
  readonly reason: string
}

export interface UnreachableProxy {
  readonly node: string
  readonly identity: string
  readonly reason: string
}

export interface DrainReport {
  /** Proxies that were told to end every connection with a client's certificate, the revoked one's among them. */
  readonly proxies: number
  /** From the start of the command to the last connection, by what the proxies say of their drain time. */
  readonly endsAfterMs: number
  readonly isWithinDeadline: boolean
}

export interface UnrevocationReport {
  readonly lifted: number
  readonly released: readonly string[]
  readonly staying: number
  readonly proxies: number
  readonly current: number
  readonly tookMs: number
}

export interface RevocationList {
  readonly enforcement: string
  readonly revocations: readonly RevocationEntry[]
}

export interface RevocationEntry {
  readonly id: number
  readonly kind: RevocationKind
  readonly value: string
  readonly reason: string
  readonly revokedAt: string
  readonly until?: string
  readonly liftedAt?: string
  /** Revoked certificates that have not expired. */
  readonly certificates: readonly {
    readonly serialNumber: string
    readonly identity: string
    readonly notAfter: string
  }[]
}

export interface PublishedCrl {
  readonly issuerFingerprint: string
  readonly pem: string
  readonly nextUpdate: string
}
