/** What of a proxy decides its inbound listeners: what it serves and which policies select it, not who it is. */

import type { TrackedFacts } from '../../../discovery/facts.ts'
import type { ProxyIdentity } from '../../../discovery/proxy.ts'
import type { Protocol } from '../../../discovery/service.ts'
import { ingressListenersOf } from '../../../discovery/sidecar.ts'
import { type InboundPort, inboundPortsOf, isDiscovered } from '../../clusters/inbound/ports.ts'

export interface InboundView {
  readonly namespace: string
  /** Sorted by name. */
  readonly labels: Readonly<Record<string, string>>
  readonly mode: ProxyIdentity['interceptionMode']
  readonly family: 'ipv4' | 'ipv6'
  /** Ports behind the capturing listener, ascending. */
  readonly captured: readonly ServedPort[]
  /** Ports with a listener of their own, in the Sidecar's order. */
  readonly bound: readonly BoundPort[]
}

export interface ServedPort {
  readonly port: number
  readonly protocol: Protocol
  /** As the port's cluster has it. */
  readonly endpoint: 'discovered' | 'original'
}

export interface BoundPort extends ServedPort {
  readonly address: string
}

export function inboundViewOf(proxy: ProxyIdentity, facts: TrackedFacts): InboundView {
  const bound = boundPorts(proxy, facts)
  const own = new Set(bound.map(({ port }) => port))
  const captured =
    proxy.interceptionMode === 'NONE' ? [] : inboundPortsOf(proxy, facts).filter(one => !own.has(one.port))
  return {
    namespace: proxy.namespace,
    labels: sorted(proxy.labels),
    mode: proxy.interceptionMode,
    family: (proxy.ipAddresses[0] ?? '').includes(':') ? 'ipv6' : 'ipv4',
    captured: captured.map(one => ({ port: one.port, protocol: one.protocol, endpoint: endpointOf(one) })),
    bound,
  }
}

export const inboundViewKey = ({ namespace, labels, mode, family, captured, bound }: InboundView): string =>
  JSON.stringify([
    namespace,
    Object.entries(labels),
    mode,
    family,
    captured.map(({ port, protocol, endpoint }) => `${port}/${protocol}/${endpoint}`),
    bound.map(({ address, port, protocol, endpoint }) => `${address}:${port}/${protocol}/${endpoint}`),
  ])

/** A port that the proxy may not bind is left out. Of entries for one port the first counts, as for its cluster. */
function boundPorts(proxy: ProxyIdentity, facts: TrackedFacts): readonly BoundPort[] {
  const ports = new Map<number, BoundPort & { readonly isBound: boolean }>()
  const endpoints = new Map(inboundPortsOf(proxy, facts).map(one => [one.port, endpointOf(one)]))
  for (const { port, bind, captureMode } of ingressListenersOf(facts, proxy) ?? []) {
    if (port.protocol === 'udp' || ports.has(port.number)) continue
    ports.set(port.number, {
      address: bind === '' ? (proxy.ipAddresses[0] ?? '127.0.0.1') : bind,
      port: port.number,
      protocol: port.protocol,
      endpoint: endpoints.get(port.number) ?? 'original',
      isBound: proxy.interceptionMode === 'NONE' || captureMode === 'NONE',
    })
  }
  return [...ports.values()]
    .filter(({ port, isBound }) => isBound && !(port < 1024 && proxy.unprivileged === true))
    .map(({ isBound: _, ...bound }) => bound)
}

const endpointOf = (port: InboundPort): ServedPort['endpoint'] => (isDiscovered(port) ? 'discovered' : 'original')

const sorted = (labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
