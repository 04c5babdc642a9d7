/** What is true of objects and proxies, as the HTTP sides see it. */

export interface StatusReasonView {
  readonly field?: string
  readonly reason: string
  readonly remedy?: string
}

export interface LaggardView {
  readonly proxy: string
  readonly state: 'waiting' | 'nacked' | 'quarantined'
  readonly type: string
  readonly resource: string
  readonly since?: string
  readonly message?: string
}

export interface ProgressView {
  readonly proxyKind: string
  readonly acked: number
  readonly waiting: number
  readonly nacked: number
  readonly quarantined: number
  readonly laggards: readonly LaggardView[]
}

export interface QuarantineView {
  readonly type: string
  readonly resource: string
  readonly build: string
  readonly since: string
  readonly evidence: 'proxies' | 'dry run'
  readonly message: string
  readonly field?: string
}

export interface ObjectStatusView {
  readonly verdict: string
  readonly reasons: readonly StatusReasonView[]
  readonly warnings: readonly StatusReasonView[]
  readonly notInForce: readonly StatusReasonView[]
  readonly conflicts: readonly {
    readonly with: { readonly kind: string; readonly namespace: string; readonly name: string }
    readonly field: string
    readonly subject: string
    readonly reason: string
  }[]
  readonly proxies: readonly ProgressView[]
  readonly quarantined: readonly QuarantineView[]
}

export interface WaitAnswer {
  readonly condition: string
  readonly met: boolean
  readonly waitedMs: number
  readonly spreadMs?: number
  readonly verdict?: { readonly verdict: string; readonly reasons: readonly StatusReasonView[] }
  readonly proxies: readonly ProgressView[]
}

export interface StaleProxyView {
  readonly proxy: string
  readonly node: string
  readonly identity: string
  readonly version: string
  readonly type: string
  readonly since?: string
  readonly why: string
  readonly resources: readonly string[]
  readonly message?: string
  /** What a refusal is blamed on, `Kind namespace/name: field`. */
  readonly blame?: string
}

/** What one resource of a proxy came from. */
export interface ProvenanceView {
  readonly name: string
  readonly sources: readonly SourceView[]
}

export interface SourceView {
  /** Of an object; or `MeshConfig`, `MeshNetworks`, `Revocation`, `TrustDomain`. */
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** `FILE:LINE:COLUMN`, or `revision N` of the daemon's store; of what is no object, where to look for it. */
  readonly place: string
  readonly fields: readonly FieldView[]
}

export interface FieldView {
  /** '' where the whole source counts. */
  readonly field: string
  /** Parts of the resource that would be others without the field; empty: the whole resource would not be there. */
  readonly parts: readonly string[]
}

export interface ExplanationView {
  readonly resources: readonly ProvenanceView[]
  /** Objects and fields that were not tried, because that would have taken too long. */
  readonly untried: number
}

export interface WaitRequest {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly condition: string
  readonly timeoutMs: number
}

export interface StatusView {
  /** Throws `OBJECT_KIND_UNKNOWN`, `OBJECT_NOT_FOUND`. */
  objectStatus(kind: string, namespace: string, name: string): ObjectStatusView
  /** Throws `OBJECT_KIND_UNKNOWN`, `REQUEST_INVALID`. */
  wait(request: WaitRequest, signal: AbortSignal): Promise<WaitAnswer>
  stale(): readonly StaleProxyView[]
  /** `name`: of one resource; undefined: all of the type. Throws `PROXY_NOT_FOUND`, `RESOURCE_TYPE_UNKNOWN`. */
  explain(node: string, type: string, name: string | undefined): Promise<ExplanationView>
}
