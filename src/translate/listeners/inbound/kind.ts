/** Inbound listeners: the capturing one, or one per `ingress` entry that binds a socket of its own. */

import type { ResourceKind } from '../../resource-kind.ts'
import { listenerType } from '../../type-urls.ts'
import { encodeInboundListener } from './encode.ts'
import { type BoundPort, type InboundView, inboundViewKey, inboundViewOf } from './facet.ts'
import type { InboundListenerIr } from './ir.ts'
import { boundListenerOf, captureListenerOf } from './resolve.ts'

export type InboundListenerSeed = { readonly kind: 'capture' } | { readonly kind: 'bound'; readonly port: BoundPort }

export const inboundListenersKind: ResourceKind<InboundView, InboundListenerSeed, InboundListenerIr> = {
  name: 'inbound-listeners',
  typeUrl: listenerType,
  facetOf: inboundViewOf,
  keyOf: inboundViewKey,
  *list(view) {
    if (view.mode !== 'NONE') yield ['virtualInbound', { kind: 'capture' }]
    for (const port of view.bound) yield [listenerName(port), { kind: 'bound', port }]
  },
  resolve: (view, name, seed, facts) =>
    seed.kind === 'capture' ? captureListenerOf(view, name, facts) : boundListenerOf(view, name, seed.port, facts),
  encode: encodeInboundListener,
}

const listenerName = ({ address, port }: BoundPort): string => `${address === '::' ? '[::]' : address}_${port}`
