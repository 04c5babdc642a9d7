/** A workload's port → its inbound cluster. */

import { durationMs } from '../../../config/duration.ts'
import type { TrackedFacts } from '../../../discovery/facts.ts'
import { meshOf } from '../../../discovery/sources.ts'
import { upstreamHttpOf } from '../http-protocol.ts'
import type { InboundClusterIr, InboundTargetIr } from './ir.ts'
import { type InboundPort, isDiscovered } from './ports.ts'

export function resolveInboundCluster(name: string, port: InboundPort, facts: TrackedFacts): InboundClusterIr {
  const upstream = upstreamHttpOf(port.protocol)
  return {
    kind: 'inbound-cluster',
    name,
    target: isDiscovered(port) ? discoveredAt(port.target) : targetFrom(port.target),
    connectTimeoutMs: durationMs(meshOf(facts).connectTimeout),
    ...(upstream === undefined ? {} : { http: { upstream } }),
  }
}

function discoveredAt(text: string): InboundTargetIr {
  const { source } = addressIn(text)
  return { kind: 'discovered', ...(source === undefined ? {} : { source }) }
}

function targetFrom(text: string): InboundTargetIr {
  if (text === 'original:ipv4') return { kind: 'original-destination', family: 'ipv4' }
  if (text === 'original:ipv6') return { kind: 'original-destination', family: 'ipv6' }
  const { source, ...address } = addressIn(text)
  return { kind: 'address', ...address, ...(source === undefined ? {} : { source }) }
}

interface AddressedTarget {
  readonly address: string
  readonly port: number
  readonly source?: 'ipv4' | 'ipv6'
}

/** `own:FAMILY` has its address elsewhere. */
export function addressIn(text: string): AddressedTarget {
  if (text === 'own:ipv4') return { address: '', port: 0, source: 'ipv4' }
  if (text === 'own:ipv6') return { address: '', port: 0, source: 'ipv6' }
  if (text.startsWith('unix://')) return { address: text, port: 0 }
  const [place = '', source] = text.split('@')
  const colon = place.lastIndexOf(':')
  return {
    address: place.slice(0, colon),
    port: Number(place.slice(colon + 1)),
    ...(source === 'ipv4' || source === 'ipv6' ? { source } : {}),
  }
}
