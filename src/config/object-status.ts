/**
 * What is true of one configuration object now: whether it was taken, what stands against it, and which proxies hold what
 * it became. Every count of proxies compares versions that a proxy has acknowledged with those that its resources have
 * now; nothing is assumed of what was merely sent.
 */

import type { KindName } from './object.ts'

export interface ObjectStatus {
  /** `refused`: nothing of it is in force. `last good in force`: its newest version was refused and an older one holds. */
  readonly verdict: 'accepted' | 'refused' | 'last good in force' | 'shadowed'
  /** Why it was refused or shadowed; empty when it was accepted. */
  readonly reasons: readonly StatusReason[]
  /** What is accepted and doubtful. */
  readonly warnings: readonly StatusReason[]
  /** What of it is accepted and has no effect yet. The whole object where `field` is absent. */
  readonly notInForce: readonly StatusReason[]
  /** Other objects that claim what this one claims. */
  readonly conflicts: readonly ObjectConflict[]
  /** By kind of proxy; kinds of which no connected proxy is concerned are absent. */
  readonly proxies: readonly ProxyProgress[]
  readonly quarantined: readonly QuarantinedResource[]
}

export interface StatusReason {
  /** Path as the user writes it, for example `spec.http[0].route[1].destination.host`. */
  readonly field?: string
  readonly reason: string
  readonly remedy?: string
}

export interface ObjectReference {
  readonly kind: KindName
  /** `''` for cluster-scoped kinds. */
  readonly namespace: string
  readonly name: string
}

export interface ObjectConflict {
  readonly with: ObjectReference
  /** The field of this object that is contested, for example `spec.hosts[0]`. */
  readonly field: string
  /** What is contested: the host. */
  readonly subject: string
  /** Which of the two counts, and where. */
  readonly reason: string
}

/** Of the connected proxies that the object concerns, how many are how far with it. */
export interface ProxyCounts {
  readonly proxyKind: string
  /** They have acknowledged every resource that the object went into, as it is now. */
  readonly acked: number
  /** They have been sent, or are still to be sent, some of it, and have not answered. */
  readonly waiting: number
  /** They refused some of it, and hold what they held before. */
  readonly nacked: number
  /** They are kept at the last good version of some of it. */
  readonly quarantined: number
}

/** Lists of proxies are sorted by name and hold the first 100. */
export interface ProxyProgress extends ProxyCounts {
  readonly laggards: readonly Laggard[]
}

/** A proxy that does not hold the object as it is now. */
export interface Laggard {
  /** `NAME.NAMESPACE`, as `get proxies` shows it. */
  readonly proxy: string
  readonly state: 'waiting' | 'nacked' | 'quarantined'
  /** Short type, for example `listeners`. */
  readonly type: string
  /** The first resource that it lacks. */
  readonly resource: string
  /** RFC 3339; since when, where it is known. */
  readonly since?: string
  /** The proxy's own words, when it refused. */
  readonly message?: string
}

/** A resource that some builds of Envoy refuse: proxies of those builds are kept at its last good version. */
export interface QuarantinedResource {
  readonly type: string
  readonly resource: string
  /** As the proxies say it, for example `envoy 1.40.0 delta`. */
  readonly build: string
  /** RFC 3339. */
  readonly since: string
  /** `proxies`: so many distinct identities refused it. `dry run`: the daemon's own Envoy did. */
  readonly evidence: 'proxies' | 'dry run'
  readonly message: string
  /** Where the fault seems to be. */
  readonly field?: string
}
