/** How a client reaches other networks, as far as it decides its endpoints. */

import type { TrackedFacts } from '../../discovery/facts.ts'
import { gatewaysIn, networkAt } from '../../discovery/networks.ts'
import type { ProxyIdentity } from '../../discovery/proxy.ts'

export interface Reach {
  /** Of the client, where it is one that has gateways; '' elsewhere, and then every such network is another. */
  readonly network: string
  readonly families: 'ipv4' | 'ipv6' | 'both'
}

/** Undefined while no network has a gateway: then every endpoint is called directly. Few in number, whatever proxies say of themselves. */
export function reachOf(proxy: ProxyIdentity, facts: TrackedFacts): Reach | undefined {
  const { byNetwork } = gatewaysIn(facts.networkGateways)
  if (byNetwork.size === 0) return undefined
  const network = proxy.network || networkAt(facts.networkPlacement, proxy.ipAddresses[0] ?? '')
  const families = new Set(proxy.ipAddresses.map(familyOf))
  return {
    network: byNetwork.has(network) ? network : '',
    families: families.size > 1 ? 'both' : families.has('ipv6') ? 'ipv6' : 'ipv4',
  }
}

export const reachKey = (reach: Reach | undefined): string =>
  reach === undefined ? '' : `|${reach.families}|${encodeURIComponent(reach.network)}`

export const familyOf = (address: string): 'ipv4' | 'ipv6' => (address.includes(':') ? 'ipv6' : 'ipv4')
