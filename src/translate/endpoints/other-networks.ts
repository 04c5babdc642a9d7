/**
 * Endpoints as a client of one network sees them: its own as they are, those of another network as that network's
 * gateways, which lead on by the server name of mutual TLS. So plaintext endpoints over there are out of reach.
 *
 *   10.1.0.1 weight 1, own network           10.1.0.1  weight 2
 *   10.2.0.1 weight 1 ┐ two gateways    ──▶  192.0.2.1 weight 3
 *   10.2.0.2 weight 2 ┘                      192.0.2.2 weight 3
 */

import type { Endpoint } from '../../discovery/endpoint.ts'
import type { NetworkGateway, NetworkGateways } from '../../discovery/networks.ts'
import { type EndpointIr, gatewayIr } from './ir.ts'
import { familyOf, type Reach } from './reach.ts'

export interface NetworkView {
  readonly reach: Reach
  readonly gateways: NetworkGateways
}

/** How an endpoint is called: directly, by gateways (none: not at all). */
export function wayTo({ network }: Endpoint, { reach, gateways }: NetworkView): 'direct' | readonly NetworkGateway[] {
  const all = gateways.byNetwork.get(network)
  if (all === undefined || network === reach.network) return 'direct'
  return reach.families === 'both' ? all : all.filter(({ address }) => familyOf(address) === reach.families)
}

/** The weights of a locality's endpoints behind gateways, gathered by gateway. */
export class GatewayWeights {
  readonly #weights = new Map<NetworkGateway, number>()

  /** The scaled weight divides by the number of the network's gateways. */
  add(weight: number, gateways: readonly NetworkGateway[]): void {
    for (const gateway of gateways)
      this.#weights.set(gateway, (this.#weights.get(gateway) ?? 0) + Math.floor(weight / gateways.length))
  }

  /** Sorted by network, then by address. */
  endpoints(): readonly EndpointIr[] {
    return [...this.#weights]
      .sort(([a], [b]) => (orderOf(a) < orderOf(b) ? -1 : 1))
      .map(([{ address, port }, weight]) => gatewayIr(address, port, Math.max(1, clipped(weight))))
  }
}

/** Envoy holds weights in 32 bits. */
export const clipped = (weight: number): number => Math.min(weight, 4_294_967_295)

const orderOf = ({ network, address, port }: NetworkGateway): string => `${network}\n${address}\n${port}`
