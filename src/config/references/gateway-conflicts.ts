/**
 * Servers of Gateways that stand in each other's way: proxies that both select open one listener an address and a port, in
 * which the oldest Gateway's server counts. What shares a port is plain HTTP with plain HTTP, and TLS with TLS of other hosts.
 */

import type { IndexReader } from '../../graph/graph.ts'
import type { ObjectOf } from '../kinds/catalogue.ts'
import type { GatewayServer } from '../kinds/gateway.ts'
import { isHttpProtocol, isTlsProtocol } from '../kinds/protocol.ts'
import { literalHost } from '../meaning/hostname.ts'
import { isEmptySelector, lookupSelected, selects } from '../meaning/selector.ts'
import { bySeniority } from '../meaning/seniority.ts'
import { objectKey } from '../object.ts'
import type { Finding } from './finding.ts'
import { selectorText } from './selectors.ts'
import type { JudgedWorkloads } from './workload-labels.ts'

export type Gateway = ObjectOf<'Gateway'>

export interface GatewayConflictReads extends JudgedWorkloads {
  /** Term: `serverTerms`. */
  readonly gatewaysByServer: IndexReader<Gateway>
}

type Sharing = 'plain HTTP' | 'TLS' | 'TCP'

/** What a listener is for: servers of one kind on one address and port. */
export const serverTerms = ({ spec }: Gateway): readonly string[] => [
  ...new Set((spec.servers ?? []).flatMap(server => [portTerm(server, sharingOf(server)), ...hostTerms(server)])),
]

const portTerm = (server: GatewayServer, sharing: Sharing): string => `${addressOf(server)} ${sharing}`

const hostTerms = (server: GatewayServer): readonly string[] =>
  hostsOf(server).map(host => `${addressOf(server)} ${sharingOf(server)} ${host}`)

function addressOf({ port, bind = '' }: GatewayServer): string {
  return `${bind === '0.0.0.0' ? '' : bind}:${port.number}`
}

/** The namespace before a host chooses routes, and not the server. */
const hostsOf = ({ hosts }: GatewayServer): readonly string[] => [
  ...new Set(hosts.map(host => literalHost(host.slice(host.indexOf('/') + 1)))),
]

function sharingOf({ port }: GatewayServer): Sharing {
  if (isTlsProtocol(port.protocol)) return 'TLS'
  return isHttpProtocol(port.protocol) ? 'plain HTTP' : 'TCP'
}

export function gatewayConflicts(object: Gateway, reads: GatewayConflictReads): readonly Finding[] {
  return (object.spec.servers ?? []).flatMap((server, index): readonly Finding[] => {
    const field = `spec.servers[${index}]`
    const port = otherKinds(object, { server, index, field }, reads)
    return port.length > 0 ? port : sameHosts(object, { server, index, field }, reads)
  })
}

interface ServerAt {
  readonly server: GatewayServer
  readonly index: number
  readonly field: string
}

/** Servers of other kinds on the port; two of TCP cannot share it either. */
function otherKinds(object: Gateway, at: ServerAt, reads: GatewayConflictReads): readonly Finding[] {
  const own = sharingOf(at.server)
  const kinds = (['plain HTTP', 'TLS', 'TCP'] as const).filter(kind => kind !== own || own === 'TCP')
  const rivals = kinds.flatMap(kind =>
    rivalsAt(portTerm(at.server, kind), object, at, reads).map(rival => ({ ...rival, kind })),
  )
  if (rivals.length === 0) return []
  const said = rivals.map(({ title, kind }) => `${title} (${kind})`).join(', ')
  return [
    {
      code: 'GATEWAY_CONFLICT',
      field: `${at.field}.port`,
      reason: `port ${portText(at.server)} is opened for ${own} here, and by ${said} for the same workloads; ${winnerOf(object, at, rivals)} counts`,
      remedy: 'use another port or bind',
    },
  ]
}

function sameHosts(object: Gateway, at: ServerAt, reads: GatewayConflictReads): readonly Finding[] {
  return hostTerms(at.server).flatMap((term, position): readonly Finding[] => {
    const rivals = rivalsAt(term, object, at, reads)
    if (rivals.length === 0) return []
    const host = hostsOf(at.server)[position] ?? ''
    const outcome =
      sharingOf(at.server) === 'TLS'
        ? `${winnerOf(object, at, rivals)} counts, and the other is left out as a whole`
        : 'they are merged'
    return [
      {
        code: 'GATEWAY_CONFLICT',
        field: `${at.field}.hosts`,
        reason: `${host} on port ${portText(at.server)} is served by ${rivals.map(({ title }) => title).join(', ')} for the same workloads, too; ${outcome}`,
        remedy: 'keep one of them',
      },
    ]
  })
}

interface Rival {
  readonly gateway: Gateway
  /** `Gateway ns/name`, or the server of the same one. */
  readonly title: string
  readonly index: number
}

function rivalsAt(term: string, object: Gateway, { index }: ServerAt, reads: GatewayConflictReads): readonly Rival[] {
  return [...reads.gatewaysByServer.lookup(term)].sort(bySeniority).flatMap((gateway): readonly Rival[] => {
    const isSame = objectKey(gateway) === objectKey(object)
    const at = (gateway.spec.servers ?? []).findIndex(
      (server, position) =>
        !(isSame && position === index) &&
        (portTerm(server, sharingOf(server)) === term || hostTerms(server).includes(term)),
    )
    if (at < 0 || (!isSame && !haveWorkloadsInCommon(object, gateway, reads))) return []
    return [{ gateway, title: isSame ? `spec.servers[${at}]` : `Gateway ${objectKey(gateway)}`, index: at }]
  })
}

function winnerOf(object: Gateway, { index }: ServerAt, rivals: readonly Rival[]): string {
  const all = [{ gateway: object, title: 'this one', index }, ...rivals]
  return all.sort((a, b) => bySeniority(a.gateway, b.gateway) || a.index - b.index)[0]?.title ?? 'this one'
}

/** An empty selector selects every workload. */
function haveWorkloadsInCommon(a: Gateway, b: Gateway, { labelSets }: JudgedWorkloads): boolean {
  const [left, right] = [a.spec.selector ?? {}, b.spec.selector ?? {}]
  if (isEmptySelector(left) || isEmptySelector(right) || selectorText(left) === selectorText(right)) return true
  return lookupSelected(labelSets, '', left).some(({ labels }) => selects(right, labels))
}

const portText = ({ port, bind = '' }: GatewayServer): string =>
  bind === '' ? String(port.number) : port.number === 0 ? bind : `${bind}:${port.number}`
