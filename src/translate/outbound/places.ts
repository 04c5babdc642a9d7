/** Where a client reaches a service's port: the addresses at which a listener must be. */

import ipaddr from 'ipaddr.js'
import type { TrackedFacts } from '../../discovery/facts.ts'
import { isHttp } from '../../discovery/protocol.ts'
import type { EgressListener } from '../../discovery/scope.ts'
import type { MeshService, Protocol, ServicePort } from '../../discovery/service.ts'
import { loopbackAddress, type OutboundView, wildcardAddress } from './view.ts'

/** A service's port that asks for a listener. */
export interface Offer {
  readonly service: MeshService
  readonly port: ServicePort
  /** What clients connect to. */
  readonly listenPort: number
  readonly protocol: Protocol
}

export interface Place {
  readonly name: string
  /** IP address, or the path of a Unix socket. */
  readonly address: string
  readonly port: number
  readonly binding: 'real' | 'virtual'
  /** `own`: connections here can only mean this service; `shared`: they may mean others too. */
  readonly sharing: 'own' | 'shared'
  /** The name of its route configuration, where that does not follow from the place. */
  readonly route?: string
  /** CIDR blocks to which the offer is limited. */
  readonly blocks?: readonly string[]
}

export function placesOf(
  offer: Offer,
  egress: EgressListener,
  view: OutboundView,
  facts: TrackedFacts,
): readonly Place[] {
  const real = view.mode === 'NONE' || egress.captureMode === 'NONE'
  if (real || egress.bind !== '') {
    const address = egress.bind === '' ? loopbackAddress[view.family] : egress.bind
    return [boundPlace(address, offer.listenPort, real ? 'real' : 'virtual')]
  }
  const { service, protocol, listenPort } = offer
  const shared = place(wildcardAddress[view.family], listenPort, 'shared')
  if (isHttp(protocol)) return [shared]
  const own = service.addresses.filter(address => ipaddr.isValid(address))
  const blocks = service.addresses.filter(address => address.includes('/'))
  if (own.length + blocks.length > 0) {
    return [
      ...own.map(address => place(address, listenPort, 'own')),
      ...(blocks.length > 0 ? [{ ...shared, blocks }] : []),
    ]
  }
  // Behind a headless service each endpoint is an address of its own, and one listener for all ports would catch others.
  if (service.resolution !== 'passthrough') return [shared]
  const endpoints = facts.endpoints.get(service.key)?.ports.get(offer.port.number) ?? []
  if (endpoints.length === 0 && service.registry === 'External') return [shared]
  const addresses = new Set(endpoints.map(({ address }) => address).filter(address => ipaddr.isValid(address)))
  return [...addresses].sort().map(address => place(address, listenPort, 'own'))
}

export function httpProxyPlace({ family }: OutboundView, port: number): Place {
  return { ...boundPlace(loopbackAddress[family], port, 'real'), route: 'http_proxy' }
}

function boundPlace(address: string, port: number, binding: Place['binding']): Place {
  if (!address.startsWith('unix://')) return { ...place(address, port, 'shared'), binding }
  const path = address.slice('unix://'.length)
  return { name: path, address: path, port: 0, binding, sharing: 'shared' }
}

function place(address: string, port: number, sharing: Place['sharing']): Place {
  const host = address === '::' ? '[::]' : address
  return { name: `${host}_${port}`, address, port, binding: 'virtual', sharing }
}
