/** Planned outbound listeners, with where their connections go. */

import type { TrackedFacts } from '../../../discovery/facts.ts'
import { scopeKeyOf } from '../../../discovery/scope.ts'
import { meshOf } from '../../../discovery/sources.ts'
import { addressRangeFrom } from '../../authorization/address-range.ts'
import type { ListenerPlan } from '../../outbound/plan.ts'
import { type OutboundView, wildcardAddress } from '../../outbound/view.ts'
import { listenerSettings } from '../settings.ts'
import type { TcpTarget } from '../tcp-proxy.ts'
import type { CaptureListenerIr, ServiceListenerIr, TcpChainIr } from './ir.ts'
import { tcpTargetsOf } from './tcp-route.ts'

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
  const chain = (targets: readonly TcpTarget[], match: Partial<TcpChainIr>): readonly TcpChainIr[] =>
    targets.length === 0 ? [] : [{ serverNames: [], ranges: [], ...match, targets }]
  const tcp = [
    ...plan.serverNames.flatMap(one =>
      chain(tcpTargetsOf(view, one, facts), { serverNames: [one.name.toLowerCase()] }),
    ),
    ...plan.ranges.flatMap(one =>
      chain(tcpTargetsOf(view, one, facts), { ranges: one.blocks.flatMap(block => addressRangeFrom(block) ?? []) }),
    ),
    ...(plan.tcp === undefined ? [] : chain(tcpTargetsOf(view, plan.tcp, facts), {})),
  ]
  if (plan.http === undefined && tcp.length === 0) return undefined
  return {
    kind: 'outbound-listener',
    name: plan.name,
    address: plan.address,
    port: plan.port,
    binding: plan.binding,
    ...(plan.http === undefined ? {} : { http: plan.http }),
    tcp,
    ...(plan.rest === 'policy' ? { rest: { name: 'PassthroughFilterChain', targets: [restOf(view, facts)] } } : {}),
    settings: listenerSettings(meshOf(facts)),
  }
}

function restOf(view: OutboundView, facts: TrackedFacts): TcpTarget {
  const policy = facts.scopes.get(scopeKeyOf(view.scope))?.outboundTrafficPolicy
  return { cluster: policy === 'ALLOW_ANY' ? 'PassthroughCluster' : 'BlackHoleCluster', weight: 1 }
}
