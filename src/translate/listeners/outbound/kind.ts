/** Outbound listeners: the capturing one, and one per address and port at which services are reached. */

import { type ListenerPlan, planListeners } from '../../outbound/plan.ts'
import { type OutboundView, outboundViewKey, outboundViewOf } from '../../outbound/view.ts'
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
  *list(view, facts) {
    if (view.mode !== 'NONE') yield ['virtualOutbound', { kind: 'capture' }]
    for (const plan of planListeners(view, facts).plans) yield [plan.name, { kind: 'services', plan }]
  },
  resolve: (view, name, seed, facts) =>
    seed.kind === 'capture' ? captureListenerOf(view, name, facts) : serviceListenerOf(view, seed.plan, facts),
  encode: encodeOutboundListener,
}
