/** What a port speaks: `appProtocol`, else the prefix of its name, else unknown (`auto`: to be sniffed). */

import type { Protocol } from './service.ts'

export interface PortDescription {
  /** Kubernetes `appProtocol`, or the `protocol` of an Istio port. */
  readonly appProtocol?: string | undefined
  readonly name?: string | undefined
  /** Kubernetes `protocol`: TCP, UDP or SCTP. */
  readonly transport?: string | undefined
  readonly number?: number | undefined
}

/** https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/ */
export function protocolOf(port: PortDescription): Protocol {
  if (port.transport?.toUpperCase() === 'UDP') return 'udp'
  const stated = (port.appProtocol ?? '').toLowerCase()
  const text = stated === '' ? (port.name ?? '').toLowerCase() : stated
  const known = kubernetesNames.get(text) ?? spellings.get(prefixOf(text))
  if (known !== undefined) return known
  return port.number !== undefined && serverSpeaksFirst.has(port.number) ? 'tcp' : 'auto'
}

/** A protocol as Istio objects spell it, whatever the case; undefined when the text names none. */
export function parseProtocol(text: string): Protocol | undefined {
  return spellings.get(text.toLowerCase())
}

/** What reads requests: routes, header matches and HTTP policies apply. */
export function isHttp(protocol: Protocol): boolean {
  return protocol === 'http' || protocol === 'http2' || protocol === 'grpc' || protocol === 'grpc-web'
}

const spellings: ReadonlyMap<string, Protocol> = new Map([
  ['http', 'http'],
  ['http_proxy', 'http'],
  ['http1', 'http'],
  ['http2', 'http2'],
  ['h2c', 'http2'],
  ['grpc', 'grpc'],
  ['grpc-web', 'grpc-web'],
  ['grpcweb', 'grpc-web'],
  ['https', 'https'],
  ['tls', 'tls'],
  ['tcp', 'tcp'],
  ['udp', 'udp'],
  ['mongo', 'mongo'],
  ['mysql', 'mysql'],
  ['redis', 'redis'],
])

/** Names that Kubernetes itself gives to protocols (KEP-3726). */
const kubernetesNames: ReadonlyMap<string, Protocol> = new Map([
  ['kubernetes.io/h2c', 'http2'],
  ['kubernetes.io/ws', 'http'],
  ['kubernetes.io/wss', 'https'],
])

/** Where the server speaks first, sniffing would wait for a client that waits too. */
const serverSpeaksFirst: ReadonlySet<number> = new Set([25, 53, 3306, 27017])

function prefixOf(text: string): string {
  if (text.startsWith('grpc-web')) return 'grpc-web'
  const dash = text.indexOf('-')
  return dash < 0 ? text : text.slice(0, dash)
}
