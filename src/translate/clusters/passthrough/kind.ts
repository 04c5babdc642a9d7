/** The clusters that every sidecar has: pass-through in both directions, and the black hole. */

import { durationMs } from '../../../config/duration.ts'
import { meshOf } from '../../../discovery/sources.ts'
import type { ResourceKind } from '../../resource-kind.ts'
import { clusterType } from '../../type-urls.ts'
import type { AddressFamily } from '../outbound/ir.ts'
import { addressFamilyOf } from '../outbound/kind.ts'
import { encodePassthrough } from './encode.ts'
import type { PassthroughIr } from './ir.ts'

export interface PassthroughFacet {
  readonly kind: 'passthrough-clusters'
  readonly family: AddressFamily
  /** Without capture there is no original destination to pass an inbound connection to. */
  readonly capture: 'captured' | 'none'
}

export const passthroughClustersKind: ResourceKind<PassthroughFacet, PassthroughIr['kind'], PassthroughIr> = {
  name: 'passthrough-clusters',
  typeUrl: clusterType,
  facetOf: proxy => ({
    kind: 'passthrough-clusters',
    family: addressFamilyOf(proxy),
    capture: proxy.interceptionMode === 'NONE' ? 'none' : 'captured',
  }),
  keyOf: ({ family, capture }) => `${family}|${capture}`,
  list: ({ capture }) => [
    ['BlackHoleCluster', 'black-hole'],
    ['PassthroughCluster', 'passthrough'],
    ...(capture === 'captured' ? ([['InboundPassthroughCluster', 'inbound-passthrough']] as const) : []),
  ],
  resolve({ family }, name, kind, facts) {
    const connectTimeoutMs = durationMs(meshOf(facts).connectTimeout)
    return kind === 'inbound-passthrough' ? { kind, name, connectTimeoutMs, family } : { kind, name, connectTimeoutMs }
  },
  encode: encodePassthrough,
}
