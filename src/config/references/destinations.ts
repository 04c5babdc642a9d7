/** Where a route, a mirror or an egress proxy sends to: the host, the port, the subset. */

import type { Destination } from '../kinds/destination.ts'
import { isExportedTo } from '../meaning/export-to.ts'
import { qualifiedHost } from '../meaning/hostname.ts'
import { type RuleReads, type SubsetAnswer, subsetOf } from './destination-rules.ts'
import type { Finding } from './finding.ts'
import { type HostReads, type ServedHost, serversOf } from './served-hosts.ts'

export interface DestinationPlace {
  readonly field: string
  /** The namespace of the object that names the destination. */
  readonly namespace: string
  /** The namespaces whose clients are sent there, `*` for all. */
  readonly audience: readonly string[]
  /** Ports that clients come in by; undefined where that is not known. */
  readonly fromPorts: readonly number[] | undefined
  readonly domain: string
}

export function destinationFindings(
  destination: Destination,
  place: DestinationPlace,
  reads: HostReads & RuleReads,
): readonly Finding[] {
  const host = qualifiedHost(destination.host, place.namespace, place.domain)
  const servers = serversOf(host, reads)
  const field = `${place.field}.host`
  if (servers.length === 0) return [hostNotFound(host, field)]
  const visible = servers.filter(server => isExportedTo(server.exportTo, place.namespace))
  if (visible.length === 0) return [hiddenHost(host, servers, { ...place, field })]
  return [
    ...audienceFindings(host, servers, { ...place, field }),
    ...portFindings(destination, visible, place),
    ...subsetFindings(destination, { host, owners: visible.map(({ namespace }) => namespace) }, place, reads),
  ]
}

export function hostNotFound(host: string, field: string): Finding {
  return {
    code: 'HOST_NOT_FOUND',
    field,
    reason: `no Service and no ServiceEntry serves ${host}`,
    remedy: 'correct the host, or add a ServiceEntry for it',
  }
}

export function hiddenHost(
  host: string,
  servers: readonly ServedHost[],
  { field, namespace }: { readonly field: string; readonly namespace: string },
): Finding {
  return {
    code: 'HOST_NOT_VISIBLE',
    field,
    reason: `${host} is served by ${namesOf(servers)}, which is not exported to ${namespace}`,
    remedy: `add ${namespace} to its exportTo`,
  }
}

/** The route reaches clients that do not see what it leads to. */
function audienceFindings(
  host: string,
  servers: readonly ServedHost[],
  { field, audience }: DestinationPlace,
): readonly Finding[] {
  const unseeing = audience.filter(client => !servers.some(server => isExportedTo(server.exportTo, client)))
  if (unseeing.length === 0) return []
  const who = unseeing.includes('*') ? 'every namespace' : unseeing.join(', ')
  return [
    {
      code: 'HOST_NOT_VISIBLE',
      field,
      reason: `the route is exported to ${who}, but ${host} is seen only by ${[...new Set(servers.flatMap(server => server.exportTo))].sort().join(', ') || 'nobody'}`,
      remedy: `narrow exportTo of the route, or widen that of ${namesOf(servers)}`,
    },
  ]
}

function portFindings(
  { host, port }: Destination,
  servers: readonly ServedHost[],
  { field, fromPorts }: DestinationPlace,
): readonly Finding[] {
  const known = new Set(servers.flatMap(server => server.ports))
  if (known.size === 0 || (port !== undefined && known.has(port.number))) return []
  const ports = [...known].sort((a, b) => a - b)
  if (port !== undefined) return [portNotFound(port.number, { host, ports, field: `${field}.port.number` })]
  if (ports.length === 1 || fromPorts?.every(from => known.has(from)) === true) return []
  return [
    {
      code: 'PORT_REQUIRED',
      field,
      reason: `${host} has the ports ${ports.join(', ')}, and which is meant is not said`,
      remedy: 'add port.number',
    },
  ]
}

export function portNotFound(
  port: number,
  { host, ports, field }: { readonly host: string; readonly ports: readonly number[]; readonly field: string },
): Finding {
  return {
    code: 'PORT_NOT_FOUND',
    field,
    reason: `${host} has no port ${port}`,
    remedy: `use ${ports.length === 0 ? 'a host that has it' : `one of ${ports.join(', ')}`}`,
  }
}

function subsetFindings(
  { subset = '' }: Destination,
  { host, owners }: { readonly host: string; readonly owners: readonly string[] },
  { field, namespace }: DestinationPlace,
  reads: RuleReads,
): readonly Finding[] {
  if (subset === '') return []
  const answer = subsetOf({ host, subset, client: namespace, owners }, reads)
  switch (answer.kind) {
    case 'defined':
      return []
    case 'hidden':
      return [
        {
          code: 'SUBSET_NOT_VISIBLE',
          field: `${field}.subset`,
          reason: `subset ${subset} of ${host} is defined by DestinationRule ${answer.by.join(', ')}, which does not count for clients in ${namespace}`,
          remedy: `define it in ${namespace} or in the namespace of the service, and export it`,
        },
      ]
    case 'no rules':
    case 'undefined':
      return [subsetNotFound(answer, { host, subset, client: namespace, field: `${field}.subset` })]
  }
}

export function subsetNotFound(
  answer: Extract<SubsetAnswer, { kind: 'no rules' | 'undefined' }>,
  {
    host,
    subset,
    client,
    field,
  }: { readonly host: string; readonly subset: string; readonly client: string; readonly field: string },
): Finding {
  return {
    code: 'SUBSET_NOT_FOUND',
    field,
    reason:
      answer.kind === 'no rules'
        ? `no DestinationRule defines the subset ${subset} of ${host}`
        : `the DestinationRule that counts for ${host} in ${client}, ${answer.inForce.join(', ')}, has no subset ${subset}`,
    remedy: 'define the subset there, or leave it out here',
  }
}

const namesOf = (servers: readonly ServedHost[]): string =>
  [...new Set(servers.map(({ object }) => object))].sort().join(', ')
