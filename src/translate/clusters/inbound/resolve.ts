/** A workload's port → its inbound cluster. */

import { durationMs } from '../../../config/duration.ts'
import type { TrackedFacts } from '../../../discovery/facts.ts'
import { meshOf } from '../../../discovery/sources.ts'
import { upstreamHttpOf } from '../http-protocol.ts'
import type { InboundClusterIr, InboundTargetIr } from './ir.ts'
import type { InboundPort } from './ports.ts'

export function resolveInboundCluster(name: string, port: InboundPort, facts: TrackedFacts): InboundClusterIr {
  const upstream = upstreamHttpOf(port.protocol)
  return {
    kind: 'inbound-cluster',
    name,
    target: targetFrom(port.target),
    connectTimeoutMs: durationMs(meshOf(facts).connectTimeout),
    ...(upstream === undefined ? {} : { http: { upstream } }),
  }
}

function targetFrom(text: string): InboundTargetIr {
  if (text === 'original:ipv4') return { kind: 'original-destination', family: 'ipv4' }
  if (text === 'original:ipv6') return { kind: 'original-destination', family: 'ipv6' }
  if (text.startsWith('unix://')) return { kind: 'address', address: text, port: 0 }
  const [place = '', source] = text.split('@')
  const colon = place.lastIndexOf(':')
  return {
    kind: 'address',
    address: place.slice(0, colon),
    port: Number(place.slice(colon + 1)),
    ...(source === 'ipv4' || source === 'ipv6' ? { source } : {}),
  }
}
