/**
 * Which network an address is of, and by which gateways the others are reached:
 *
 *   MeshNetworks, root namespace's label ──▶ networkPlacement ──▶ workloads, endpoints
 *   MeshNetworks ─────────────────────────▶ networkGateways ──▶ endpoints' translation
 */

import ipaddr from 'ipaddr.js'
import { byText } from '../config/meaning/seniority.ts'
import type { MeshNetworks } from '../config/mesh/mesh-networks-message.ts'
import { parseRange } from '../config/mesh/mesh-networks-rules.ts'
import { noNetworks } from '../config/parse-mesh-networks.ts'
import type { Collection, CollectionReader, Graph, Source } from '../graph/graph.ts'
import { isIpAddress } from './address.ts'
import type { MeshSource, Sources } from './sources.ts'

/** One item, key `mesh`. */
export type NetworksSource = Source<MeshNetworks>

/** Holds no network until somebody puts some. */
export function createNetworksSource(graph: Graph): NetworksSource {
  const networks = graph.source<MeshNetworks>('networks')
  graph.commit(() => networks.put('mesh', noNetworks))
  return networks
}

/** The networks of what does not say itself of which it is. */
export interface NetworkPlacement {
  /** Of every address: as the root namespace's label says, else as the cluster's. ''; then ranges count. */
  readonly everywhere: string
  /** Ranges of addresses (CIDR, or one address) with their networks; the narrowest first. */
  readonly ranges: readonly { readonly cidr: string; readonly network: string }[]
}

export interface NetworkGateway {
  readonly network: string
  /** An IP address. */
  readonly address: string
  readonly port: number
}

export interface NetworkGateways {
  /** By network, sorted; networks without gateways are absent. */
  readonly byNetwork: ReadonlyMap<string, readonly NetworkGateway[]>
  /** By which the weight of every endpoint is multiplied, so that it divides among the gateways of each network, or those of one family. */
  readonly weightScale: number
}

export interface Networks {
  /** One item each, key `mesh`. */
  readonly placement: Collection<NetworkPlacement>
  readonly gateways: Collection<NetworkGateways>
}

export interface NetworkInputs {
  readonly mesh: MeshSource
  readonly networks: NetworksSource
  readonly sources: Pick<Sources, 'Namespace'>
  readonly clusterId: string
}

export function deriveNetworks(graph: Graph, { mesh, networks, sources, clusterId }: NetworkInputs): Networks {
  const placement = graph.derive({
    name: 'networkPlacement',
    from: mesh,
    reads: { namespaces: sources.Namespace, networks },
    map({ rootNamespace }, _key, reads): NetworkPlacement {
      const labelled = reads.namespaces.get(`/${rootNamespace}`)?.metadata.labels['topology.istio.io/network'] ?? ''
      const written = Object.entries(reads.networks.get('mesh')?.networks ?? {})
      const ofCluster = written.find(([, { endpoints = [] }]) =>
        endpoints.some(({ fromRegistry }) => fromRegistry === clusterId),
      )
      return { everywhere: labelled || (ofCluster?.[0] ?? ''), ranges: rangesOf(written) }
    },
  })
  const gateways = graph.derive({
    name: 'networkGateways',
    from: networks,
    reads: {},
    map: gatewaysOf,
  })
  return { placement, gateways }
}

/** '' where nothing says it. `address` may be a name, which is of no network. */
export function networkAt(placements: CollectionReader<NetworkPlacement>, address: string): string {
  const placement = placements.get('mesh')
  if (placement === undefined) return ''
  if (placement.everywhere !== '' || placement.ranges.length === 0) return placement.everywhere
  if (!isIpAddress(address) || !ipaddr.isValid(address)) return ''
  const parsed = ipaddr.process(address)
  return parsedRanges(placement).find(({ range }) => isWithin(parsed, range))?.network ?? ''
}

export const gatewaysIn = (reader: CollectionReader<NetworkGateways>): NetworkGateways =>
  reader.get('mesh') ?? noGateways

const noGateways: NetworkGateways = Object.freeze({ byNetwork: new Map(), weightScale: 1 })

type Written = readonly [string, NonNullable<MeshNetworks['networks']>[string]]

function rangesOf(written: readonly Written[]): NetworkPlacement['ranges'] {
  return written
    .flatMap(([network, { endpoints = [] }]) =>
      endpoints.flatMap(({ fromCidr }) => (fromCidr === undefined ? [] : [{ cidr: fromCidr, network }])),
    )
    .sort(
      (a, b) => parseRange(b.cidr)[1] - parseRange(a.cidr)[1] || byText(a.cidr, b.cidr) || byText(a.network, b.network),
    )
}

interface ParsedRange {
  readonly range: ReturnType<typeof parseRange>
  readonly network: string
}

/** Every address of the mesh is looked up in them. */
const parsedByPlacement = new WeakMap<NetworkPlacement, readonly ParsedRange[]>()

function parsedRanges(placement: NetworkPlacement): readonly ParsedRange[] {
  let parsed = parsedByPlacement.get(placement)
  if (parsed === undefined) {
    parsed = placement.ranges.map(({ cidr, network }) => ({ range: parseRange(cidr), network }))
    parsedByPlacement.set(placement, parsed)
  }
  return parsed
}

/** Sound: `match` takes a range of the address's own kind only, which is looked at first. */
const isWithin = (address: ipaddr.IPv4 | ipaddr.IPv6, [start, prefix]: ParsedRange['range']): boolean =>
  address.kind() === start.kind() && (address as ipaddr.IPv4).match(start as ipaddr.IPv4, prefix)

function gatewaysOf({ networks = {} }: MeshNetworks): NetworkGateways {
  const byNetwork = new Map<string, readonly NetworkGateway[]>()
  for (const [network, { gateways = [] }] of Object.entries(networks)) {
    const found = new Map<string, NetworkGateway>()
    for (const { address = '', port } of gateways)
      if (isIpAddress(address)) found.set(`${address}|${port}`, { network, address, port })
    const sorted = [...found.values()].sort((a, b) => byText(a.address, b.address) || a.port - b.port)
    if (sorted.length > 0) byNetwork.set(network, sorted)
  }
  const counts = [...byNetwork.values()].flatMap(all => {
    const ofIpv6 = all.filter(({ address }) => address.includes(':')).length
    return [all.length, ofIpv6, all.length - ofIpv6]
  })
  const weightScale = counts.filter(count => count > 0).reduce(leastCommonMultiple, 1)
  return { byNetwork, weightScale }
}

const leastCommonMultiple = (a: number, b: number): number => (a / greatestCommonDivisor(a, b)) * b
const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b))
