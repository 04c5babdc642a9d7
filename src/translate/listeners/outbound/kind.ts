/** Outbound listeners: the capturing one, and one per address and port at which services are reached. */

import type { ListenerPlan } from '../../outbound/plan.ts'
import { routedApart, togetherApart } from '../../outbound/routed-apart.ts'
import { type OutboundView, outboundViewKey, outboundViewOf, viewOfAnybody } from '../../outbound/view.ts'
import type { ResourceKind } from '../../resource-kind.ts'
import { listenerType } from '../../type-urls.ts'
import { encodeOutboundListener } from './encode.ts'
import type { OutboundListenerIr } from './ir.ts'
import { captureListenerOf, serviceListenerOf } from './resolve.ts'

export type OutboundListenerSeed =
  | { readonly kind: 'capture' }
  | { readonly kind: 'services'; readonly plan: ListenerPlan }

export const outboundListenersKind: ResourceKind<OutboundView, OutboundListenerSeed, OutboundListenerIr> = {
  name: 'outbound-listeners',
  typeUrl: listenerType,
  facetOf: outboundViewOf,
  keyOf: outboundViewKey,
  scopeOf: view => view.scope,
  viewOf: view => view,
  // A member is a listener as planned: the same plan means the same to all whose services are not routed.
  *membersOf(view, facts) {
    if (view.mode !== 'NONE') yield JSON.stringify({ kind: 'capture' } satisfies OutboundListenerSeed)
    for (const plan of facts.outboundPlans.get(outboundViewKey(view))?.listeners ?? []) yield memberOf(plan)
  },
  sharing: {
    anybodyOf: () => viewOfAnybody,
    namespaceOf: ({ scope }) => scope.namespace,
    exceptionsOf(member, facts) {
      const seed = seedOf(member)
      // Each scope has its own policy for what no service claims.
      if (seed.kind === 'capture' || seed.plan.rest === 'policy') return 'everyone'
      const { serverNames, ranges, tcp } = seed.plan
      const targets = [...serverNames, ...ranges, ...(tcp === undefined ? [] : [tcp])]
      return togetherApart(targets.map(({ service }) => routedApart(service, facts)))
    },
  },
  list(_view, _facts, member) {
    const seed = seedOf(member)
    return [[seed.kind === 'capture' ? 'virtualOutbound' : seed.plan.name, seed]]
  },
  resolve: (view, name, seed, facts) =>
    seed.kind === 'capture' ? captureListenerOf(view, name, facts) : serviceListenerOf(view, seed.plan, facts),
  encode: encodeOutboundListener,
}

/** Plans are immutable, and the same for many views. */
const members = new WeakMap<ListenerPlan, string>()

function memberOf(plan: ListenerPlan): string {
  const member = members.get(plan) ?? JSON.stringify({ kind: 'services', plan } satisfies OutboundListenerSeed)
  members.set(plan, member)
  return member
}

/** Sound: what `membersOf` wrote. */
const seedOf = (member: string): OutboundListenerSeed => JSON.parse(member) as OutboundListenerSeed
