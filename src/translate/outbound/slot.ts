/**
 * One listener in the making: service ports that clients reach at one address and port. HTTP ports share it by host
 * name, TLS ports by server name, CIDR blocks by destination; of plain TCP there can be one only, and TCP cannot be told
 * from HTTP, so that the oldest service decides what the listener speaks.
 */

import { isHttp } from '../../discovery/protocol.ts'
import type { ServiceKey } from '../../discovery/service.ts'
import type { RouteMember } from './hosts.ts'
import type { Offer, Place } from './places.ts'
import type { ListenerPlan, PortOfService, RoutePlan } from './plan.ts'

/** `loser` gets no traffic at `listener`, because `winner` is older and speaks something else there. */
export interface SlotNotice {
  readonly kind: 'conflict'
  readonly listener: string
  readonly winner: ServiceKey
  readonly loser: ServiceKey
}

export class Slot {
  readonly name: string
  readonly members: RouteMember[] = []
  readonly notices: SlotNotice[] = []
  readonly #place: Place
  readonly #serverNames: (PortOfService & { readonly name: string })[] = []
  readonly #ranges: (PortOfService & { readonly blocks: readonly string[] })[] = []
  #owner: { readonly speaks: 'http' | 'auto' | 'tcp'; readonly service: ServiceKey } | undefined
  #tcp: PortOfService | undefined

  constructor(place: Place) {
    this.name = place.name
    this.#place = place
  }

  take(offer: Offer, place: Place): void {
    const target: PortOfService = { service: offer.service.key, port: offer.port.number }
    const { protocol } = offer
    if (place.blocks !== undefined) this.#takeRanges(target, place.blocks)
    else if (isHttp(protocol)) this.#takeHttp(offer)
    else if (protocol === 'auto') this.#takeAuto(offer, target)
    else if ((protocol === 'tls' || protocol === 'https') && place.sharing === 'shared') {
      this.#serverNames.push({ ...target, name: offer.service.hostname })
    } else this.#takeTcp(target)
  }

  /** The route configuration of what is HTTP here; undefined: nothing is. */
  get route(): string | undefined {
    const first = this.members[0]
    if (first === undefined) return undefined
    const { binding, sharing, port, route } = this.#place
    if (route !== undefined) return route
    if (sharing === 'own') return `${first.service.hostname}:${first.port.number}`
    return binding === 'virtual' && isWildcard(this.#place.address) ? String(port) : this.name
  }

  get routeKind(): RoutePlan['kind'] {
    return this.#place.sharing === 'own' ? 'single' : 'shared'
  }

  /** A socket that is really bound is itself where its connections were going. */
  get rest(): RoutePlan['rest'] {
    return this.#place.binding === 'virtual' ? 'policy' : 'refused'
  }

  /** Undefined when nothing can be reached here. */
  plan(): ListenerPlan | undefined {
    const { address, port, binding } = this.#place
    // One TLS service alone needs no server name to be found.
    const alone =
      binding === 'real' &&
      this.#serverNames.length === 1 &&
      this.#tcp === undefined &&
      this.members.length + this.#ranges.length === 0
    const tcp = alone ? portOf(this.#serverNames[0]) : this.#tcp
    const serverNames = alone ? [] : this.#serverNames
    const route = this.route
    if (route === undefined && tcp === undefined && serverNames.length + this.#ranges.length === 0) return undefined
    const catchesAll = binding === 'virtual' && isWildcard(address)
    const sniffed = catchesAll || tcp !== undefined || serverNames.length + this.#ranges.length > 0
    return {
      name: this.name,
      address,
      port,
      binding,
      ...(route === undefined ? {} : { http: { route, when: sniffed ? 'sniffed' : 'always' } }),
      serverNames,
      ranges: this.#ranges,
      ...(tcp === undefined ? {} : { tcp }),
      rest: catchesAll && tcp === undefined ? 'policy' : 'closed',
    }
  }

  #takeHttp(offer: Offer): void {
    if (this.#owner?.speaks === 'tcp') this.#lose(offer.service.key)
    else {
      this.#owner ??= { speaks: 'http', service: offer.service.key }
      this.members.push(this.#member(offer))
    }
  }

  #takeAuto(offer: Offer, target: PortOfService): void {
    if (this.#owner?.speaks === 'tcp') {
      this.#lose(target.service)
      return
    }
    this.#owner ??= { speaks: 'auto', service: target.service }
    this.members.push(this.#member(offer))
    // Of several, what is not HTTP goes to the oldest; that this one lost it is no news, HTTP still reaches it.
    if (this.#owner.speaks === 'auto') this.#tcp ??= target
  }

  #takeTcp(target: PortOfService): void {
    if (this.#owner === undefined) {
      this.#owner = { speaks: 'tcp', service: target.service }
      this.#tcp = target
    } else this.#lose(target.service)
  }

  #takeRanges(target: PortOfService, blocks: readonly string[]): void {
    const taken = new Map(this.#ranges.flatMap(range => range.blocks.map(block => [block, range.service] as const)))
    const free = blocks.filter(block => !taken.has(block))
    if (free.length > 0) this.#ranges.push({ ...target, blocks: free })
    const winner = taken.get(blocks.find(block => taken.has(block)) ?? '')
    if (winner !== undefined)
      this.notices.push({ kind: 'conflict', listener: this.name, winner, loser: target.service })
  }

  #member({ service, port, listenPort }: Offer): RouteMember {
    const { binding, address, port: bound, route } = this.#place
    const isProxy = route !== undefined
    return {
      service,
      port,
      listenPort,
      ...(binding === 'real' && bound > 0 && !isProxy ? { boundTo: address } : {}),
      // A proxy is asked for every port: a host without one is that of port 80.
      names: isProxy && port.number !== 80 ? 'with-port' : 'any',
    }
  }

  #lose(loser: ServiceKey): void {
    const winner = this.#owner?.service
    if (winner !== undefined) this.notices.push({ kind: 'conflict', listener: this.name, winner, loser })
  }
}

const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::'

const portOf = (target: PortOfService | undefined): PortOfService | undefined =>
  target === undefined ? undefined : { service: target.service, port: target.port }
