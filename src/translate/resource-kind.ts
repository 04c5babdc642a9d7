/**
 * The shape that every folder of a resource kind fills: which proxies share (facet), which resources a facet has
 * (members, list), what each means (resolve, tracked), and its bytes (encode, pure). Where facets differ in few
 * members only, a kind says so (sharing).
 *
 *   proxy ─facetOf▶ facet ─membersOf▶ member ─list▶ (name, seed) ─resolve▶ IR ─encode, memo by IR▶ EncodedResource ─▶ table (kind, facet)
 */

import type { Facts, TrackedFacts } from '../discovery/facts.ts'
import type { ProxyIdentity } from '../discovery/proxy.ts'
import type { ScopeRequest } from '../discovery/scope.ts'
import type { Collection, Tracked } from '../graph/graph.ts'
import type { OutboundPlan } from './outbound/plan.ts'
import type { OutboundView } from './outbound/view.ts'

/** What discovery knows, and what follows from it for the views of connected proxies. */
export interface TranslationFacts extends Facts {
  /** By `outboundViewKey`. */
  readonly outboundPlans: Collection<OutboundPlan>
}

export type TrackedTranslationFacts = TrackedFacts & Tracked<Pick<TranslationFacts, 'outboundPlans'>>

/** Canonical text of a facet; equal keys share every byte. No line breaks. */
export type FacetKey = string & { readonly brand?: 'FacetKey' }

/**
 * Several kinds may serve one `typeUrl` (outbound and inbound listeners, say): a proxy gets their union, so their
 * names must not meet.
 */
export interface ResourceKind<Facet, Seed, IR> {
  /** Kebab-case, unique; names the graph collections `NAME.facets` … `NAME.resources`. */
  readonly name: string
  readonly typeUrl: string
  /** The smallest value of the proxy on which this kind's output depends; all that authorises what it may see is in it. Undefined: this proxy has none of this kind. */
  facetOf(proxy: ProxyIdentity, facts: TrackedFacts): Facet | undefined
  keyOf(facet: Facet): FacetKey
  /** The outbound scope that `facts.scopes` must hold while this facet is in use; absent or undefined: none. */
  scopeOf?(facet: Facet): ScopeRequest | undefined
  /** The outbound plan that `facts.outboundPlans` must hold while this facet is in use; absent: none. */
  viewOf?(facet: Facet): OutboundView | undefined
  /**
   * What the facet's resources are grouped by (service keys, say), so that a change inside one group lists only that
   * group again. Absent: one member, ''. Members are distinct and without line breaks.
   */
  membersOf?(facet: Facet, facts: TrackedTranslationFacts): Iterable<string>
  /** Absent: each facet has its own resources. */
  readonly sharing?: Sharing<Facet>
  /**
   * The resources of one member. The seed is small plain data that says what the resource is made of, so that `resolve`
   * need not search. Runs again when anything that it has read changes; an equal seed stops the wave.
   */
  list(facet: Facet, facts: TrackedTranslationFacts, member: string): Iterable<readonly [name: string, seed: Seed]>
  /** Tracked: what it reads is what the resource depends on. A plain frozen tagged object; undefined: no such resource after all. */
  resolve(facet: Facet, name: string, seed: Seed, facts: TrackedFacts): IR | undefined
  /** The bytes of the resource message (not the Any). Pure; sees nothing but the IR. */
  encode(ir: IR): Uint8Array
}

/**
 * For kinds with members. `list` and `resolve` are asked for anybody's facet in place of all facets that have the same,
 * and for a facet of its own only where its namespace is an exception: for all others the results must be equal.
 */
export interface Sharing<Facet> {
  /** The facet of a client whose namespace (`anybody`) has nothing of its own. Small in number. */
  anybodyOf(facet: Facet): Facet
  namespaceOf(facet: Facet): string
  /** The clients for which the member's resources may be others than anybody's. */
  exceptionsOf(member: string, facts: TrackedFacts): Exceptions
}

/** Client namespaces. `everyone`: each facet has its own, and nobody anybody's. */
export type Exceptions = 'everyone' | readonly string[]

/** A kind of unknown facet, seed and IR: how the engine holds them side by side. */
// biome-ignore lint/suspicious/noExplicitAny: each kind is used only with the values that it made itself.
export type AnyResourceKind = ResourceKind<any, any, any>
