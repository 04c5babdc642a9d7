/** The ports that a workload serves, and where its proxy finds the application behind each. */

import type { TrackedFacts } from '../../../discovery/facts.ts'
import { type IngressListener, inboundTargetsOf } from '../../../discovery/inbound.ts'
import { isHttp } from '../../../discovery/protocol.ts'
import type { ProxyIdentity } from '../../../discovery/proxy.ts'
import type { Protocol } from '../../../discovery/service.ts'
import { ingressListenersOf } from '../../../discovery/sidecar.ts'
import { meshOf } from '../../../discovery/sources.ts'

export interface InboundPort {
  /** On the workload; of an `ingress` entry, its listener's. */
  readonly port: number
  readonly protocol: Protocol
  /**
   * `original:FAMILY`: where the connection was going; `own:FAMILY`: the same, where the workload has but one address;
   * else `HOST:PORT`, `HOST:PORT@FAMILY` from a source that capture leaves alone, or `unix://PATH`.
   */
  readonly target: string
}

/**
 * Ascending, one entry per port. A Sidecar with `ingress` replaces what services say. Without capture nothing else makes
 * ports: the application itself holds those of its services.
 */
export function inboundPortsOf(proxy: ProxyIdentity, facts: TrackedFacts): readonly InboundPort[] {
  const ports = new Map<number, InboundPort>()
  const ingress = ingressListenersOf(facts, proxy)
  if (ingress !== undefined) {
    for (const listener of ingress) addIngress(ports, listener, proxy)
  } else if (proxy.interceptionMode !== 'NONE') {
    const target = servedAt(proxy, facts)
    for (const { targetPort: port, protocol } of inboundTargetsOf(facts, proxy)) {
      if (protocol !== 'udp' && !ports.has(port)) ports.set(port, { port, protocol, target: target(port) })
    }
  }
  return [...ports.values()].map(port => atOwnAddress(port, proxy)).sort((a, b) => a.port - b.port)
}

/** Only an endpoint that is discovered can be told what is revoked, which bytes of an open connection need to meet. */
export function isDiscovered({ protocol, target }: Pick<InboundPort, 'protocol' | 'target'>): boolean {
  return !isHttp(protocol) && !target.startsWith('original:')
}

function atOwnAddress(port: InboundPort, { ipAddresses }: ProxyIdentity): InboundPort {
  if (isHttp(port.protocol) || ipAddresses.length !== 1 || !port.target.startsWith('original:')) return port
  return { ...port, target: port.target.replace('original:', 'own:') }
}

function addIngress(ports: Map<number, InboundPort>, listener: IngressListener, proxy: ProxyIdentity): void {
  const { number: port, protocol } = listener.port
  if (ports.has(port) || protocol === 'udp') return
  ports.set(port, { port, protocol, target: ingressTarget(listener, proxy) })
}

function ingressTarget({ port, defaultEndpoint }: IngressListener, proxy: ProxyIdentity): string {
  const captured = proxy.interceptionMode !== 'NONE'
  if (defaultEndpoint.startsWith('unix://')) return defaultEndpoint
  const family = familyOf(proxy)
  // Nothing said: the workload's own address under capture; without capture that is the proxy's, so loopback.
  if (defaultEndpoint === '') return captured ? `original:${family}` : `${loopback[family]}:${port.number}`
  const colon = defaultEndpoint.lastIndexOf(':')
  const host = defaultEndpoint.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  const number = defaultEndpoint.slice(colon + 1)
  if (host !== '' && host !== '0.0.0.0' && host !== '::') return `${host}:${number}`
  const own = proxy.ipAddresses[0] ?? loopback[family]
  return captured ? `${own}:${number}@${family}` : `${own}:${number}`
}

function servedAt(proxy: ProxyIdentity, facts: TrackedFacts): (port: number) => string {
  const family = familyOf(proxy)
  return meshOf(facts).inboundTrafficPolicy.mode === 'LOCALHOST'
    ? port => `${loopback[family]}:${port}`
    : () => `original:${family}`
}

const loopback = { ipv4: '127.0.0.1', ipv6: '::1' } as const

function familyOf({ ipAddresses }: ProxyIdentity): 'ipv4' | 'ipv6' {
  return ipAddresses[0]?.includes(':') === true ? 'ipv6' : 'ipv4'
}
