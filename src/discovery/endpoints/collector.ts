/** Gathers the endpoints of one service, by service port, without doubles and in a fixed order. */

import { byText } from '../../config/meaning/seniority.ts'
import { isIpAddress, isUnixAddress } from '../address.ts'
import type { Endpoint, ServiceEndpoints } from '../endpoint.ts'
import type { MeshService, Resolution } from '../service.ts'

export class EndpointCollector {
  readonly #service: MeshService
  readonly #ports = new Map<number, Map<string, Endpoint>>()

  constructor(service: MeshService) {
    this.#service = service
    for (const port of service.ports) this.#ports.set(port.number, new Map())
  }

  /** An address that is named twice (a pod that moves from one slice to another) counts in its better state. */
  add(servicePort: number, endpoint: Endpoint): void {
    if (!isUsable(endpoint, this.#service.resolution)) return
    const endpoints = this.#ports.get(servicePort)
    if (endpoints === undefined) return
    const key = `${endpoint.address || endpoint.workloadName}|${endpoint.port}`
    const held = endpoints.get(key)
    if (held === undefined || healthRank[endpoint.health] < healthRank[held.health]) endpoints.set(key, endpoint)
  }

  result(): ServiceEndpoints {
    const ports = new Map<number, readonly Endpoint[]>()
    for (const [number, endpoints] of this.#ports) ports.set(number, [...endpoints.values()].sort(byAddress))
    return Object.freeze({ service: this.#service.key, ports })
  }
}

const healthRank: Readonly<Record<Endpoint['health'], number>> = { healthy: 0, draining: 1, unhealthy: 2 }

/** Names are for DNS to resolve, sockets for the registry alone; Envoy refuses each where the other is meant. */
function isUsable({ address, network }: Endpoint, resolution: Resolution): boolean {
  if (address === '') return resolution === 'eds' && network !== ''
  if (isUnixAddress(address)) return resolution === 'eds'
  return resolution === 'dns' || resolution === 'dns-round-robin' || isIpAddress(address)
}

function byAddress(a: Endpoint, b: Endpoint): number {
  return byText(a.address, b.address) || a.port - b.port || byText(a.workloadName, b.workloadName)
}
