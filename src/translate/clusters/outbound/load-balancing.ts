/** A DestinationRule's `loadBalancer` → how a cluster chooses an endpoint. */

import { durationMs } from '../../../config/duration.ts'
import type { LoadBalancer } from '../../../config/kinds/load-balancer.ts'
import type { LoadBalancingIr, SlowStartIr } from './ir.ts'

export function resolveLoadBalancing(settings: LoadBalancer | undefined): LoadBalancingIr {
  const hash = settings?.consistentHash
  if (hash !== undefined) {
    if (hash.maglev !== undefined) return { kind: 'maglev', tableSize: hash.maglev.tableSize ?? 65_537 }
    const minimumRingSize = hash.ringHash?.minimumRingSize ?? hash.minimumRingSize ?? 0
    return { kind: 'ring-hash', minimumRingSize: minimumRingSize === 0 ? 1024 : minimumRingSize }
  }
  switch (settings?.simple ?? 'UNSPECIFIED') {
    case 'RANDOM':
      return { kind: 'random' }
    case 'PASSTHROUGH':
      return { kind: 'cluster-provided' }
    case 'ROUND_ROBIN':
      return { kind: 'round-robin', ...slowStart(settings) }
    case 'UNSPECIFIED':
    case 'LEAST_CONN':
    case 'LEAST_REQUEST':
      return { kind: 'least-request', ...slowStart(settings) }
  }
}

function slowStart(settings: LoadBalancer | undefined): { readonly slowStart?: SlowStartIr } {
  const window = settings?.warmup?.duration ?? settings?.warmupDurationSecs
  if (window === undefined) return {}
  const { minimumPercent = 10, aggression = 1 } = settings?.warmup ?? {}
  return { slowStart: { windowMs: durationMs(window), minimumPercent, aggression } }
}
