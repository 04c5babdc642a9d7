/** Planned outbound listeners, with where their connections go. */

import type { TrackedFacts } from '../../../discovery/facts.ts'
import { anyService } from '../../../discovery/revocation.ts'
import { scopeKeyOf } from '../../../discovery/scope.ts'
import type { ServiceKey } from '../../../discovery/service.ts'
import { meshOf } from '../../../discovery/sources.ts'
import { addressRangeFrom } from '../../authorization/address-range.ts'
import type { ListenerPlan, PortOfService } from '../../outbound/plan.ts'
import { type OutboundView, wildcardAddress } from '../../outbound/view.ts'
import { listenerSettings } from '../settings.ts'
import type { TcpTarget } from '../tcp-proxy.ts'
import type { CaptureListenerIr, ServiceListenerIr, TcpChainIr } from './ir.ts'
import { tcpTargetsOf, tlsRoutesOf } from './tcp-route.ts'

export function captureListenerOf(view: OutboundView, name: string, facts: TrackedFacts): CaptureListenerIr {
  const mesh = meshOf(facts)
  return {
    kind: 'outbound-capture',
    name,
    address: wildcardAddress[view.family],
    port: mesh.proxyListenPort,
    transparent: view.mode === 'TPROXY',
    rest: restOf(view, facts),
    settings: listenerSettings(mesh),
  }
}

/** Undefined when nothing is left behind it. */
export function serviceListenerOf(
  view: OutboundView,
  plan: ListenerPlan,
  facts: TrackedFacts,
): ServiceListenerIr | undefined {
  const tcp = tcpChainsOf(view, plan, facts)
  if (plan.http === undefined && tcp.length === 0) return undefined
  return {
    kind: 'outbound-listener',
    name: plan.name,
    address: plan.address,
    port: plan.port,
    binding: plan.binding,
    ...(plan.http === undefined ? {} : { http: { ...plan.http, drain: drainOf(anyService, facts) } }),
    tcp,
    ...(plan.rest === 'policy' ? { rest: { name: 'PassthroughFilterChain', targets: [restOf(view, facts)] } } : {}),
    settings: listenerSettings(meshOf(facts)),
  }
}

function tcpChainsOf(view: OutboundView, plan: ListenerPlan, facts: TrackedFacts): readonly TcpChainIr[] {
  const chain = (
    { service }: PortOfService,
    match: Partial<TcpChainIr>,
    targets: readonly TcpTarget[],
  ): TcpChainIr => ({
    serverNames: [],
    ranges: [],
    ...match,
    targets,
    drain: drainOf(service, facts),
  })
  const ruled = (target: PortOfService): readonly TcpChainIr[] =>
    tlsRoutesOf(view, target, facts).map(({ serverNames, targets }) => chain(target, { serverNames }, targets))
  const named = plan.serverNames.flatMap(one => {
    const chains = ruled(one)
    return chains.length > 0
      ? chains
      : [chain(one, { serverNames: [one.name.toLowerCase()] }, tcpTargetsOf(view, one, facts))]
  })
  const ranged = plan.ranges.map(one =>
    chain(one, { ranges: one.blocks.flatMap(block => addressRangeFrom(block) ?? []) }, tcpTargetsOf(view, one, facts)),
  )
  const plain =
    plan.tcp === undefined ? [] : [...ruled(plan.tcp), chain(plan.tcp, {}, tcpTargetsOf(view, plan.tcp, facts))]
  return [...withDistinctNames([...named, ...plain.slice(0, -1)]), ...ranged, ...plain.slice(-1)].filter(
    ({ targets }) => targets.length > 0,
  )
}

/**
 * Of servers that were revoked with a deadline. To which services an HTTP chain leads is its routes' business, which
 * listeners do not depend on: it is drained for any.
 */
function drainOf(service: ServiceKey, facts: TrackedFacts): number {
  return Math.max(0, ...facts.withdrawnServers.lookup(service).map(({ drain }) => drain))
}

/** Envoy refuses a listener with two chains for one server name: the first that asks for it has it. */
function withDistinctNames(chains: readonly TcpChainIr[]): readonly TcpChainIr[] {
  const taken = new Set<string>()
  return chains.flatMap(chain => {
    const serverNames = [...new Set(chain.serverNames)].filter(name => !taken.has(name))
    for (const name of serverNames) taken.add(name)
    return serverNames.length === 0 ? [] : [{ ...chain, serverNames }]
  })
}

function restOf(view: OutboundView, facts: TrackedFacts): TcpTarget {
  const policy = facts.scopes.get(scopeKeyOf(view.scope))?.outboundTrafficPolicy
  return { cluster: policy === 'ALLOW_ANY' ? 'PassthroughCluster' : 'BlackHoleCluster', weight: 1 }
}
