/**
 * What the xDS server asks of whoever owns the configuration. The daemon answers from its translation, the agent from
 * what it was sent; neither knows a stream, and `xds` knows no Service.
 */

import type { PeerIdentity } from '../platform/rpc.ts'
import type { ResourceTable } from './resource-table.ts'

/** `envoy.config.core.v3.Node`, as far as anything here reads it. */
export interface NodeIdentity {
  readonly id: string
  readonly cluster: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly locality?: { readonly region: string; readonly zone: string; readonly subZone: string }
  readonly userAgentName: string
  /** `MAJOR.MINOR.PATCH`, empty when the client does not say. */
  readonly userAgentVersion: string
  /** Names of the extensions that the client's build has; empty when it does not say. */
  readonly extensions: readonly string[]
}

/** How the client talks: decides for instance whether virtual hosts can be sent one at a time. */
export type XdsVariant = 'delta' | 'sotw'

/** The tables of one client. Several tables of a type are served as their union; their names must not meet. */
export interface TableSet {
  tables(typeUrl: string): readonly ResourceTable[]
  /** Called when `tables(typeUrl)` has begun to answer other tables (the client's facet changed). */
  onReplaced(listener: (typeUrl: string) => void): void
  /** The stream has ended; the tables may be dropped when nobody else uses them. */
  close(): void
}

export interface TableDirectory {
  /**
   * Called when a stream begins, before a byte of it is decoded. Throws a `MeshwrightError` that ends the stream when nobody
   * who comes like this is served, whatever he has to say.
   */
  greet?(peer: PeerIdentity): void
  /**
   * Called with the first request of a stream. Throws a `MeshwrightError` whose gRPC code ends the stream:
   * INVALID_ARGUMENT for a bad node, PERMISSION_DENIED when the peer may not be this node, UNAVAILABLE before the first sync.
   */
  admit(node: NodeIdentity, peer: PeerIdentity, variant: XdsVariant): TableSet
}
