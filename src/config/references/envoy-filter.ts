/** What an EnvoyFilter takes for granted: proxies to patch, and on them the listeners, routes and clusters that it matches. */

import type { CollectionReader } from '../../graph/graph.ts'
import { istioVersion } from '../../platform/istio-version.ts'
import type { ObjectOf } from '../kinds/catalogue.ts'
import { literalHost } from '../meaning/hostname.ts'
import { isEmptySelector, type Labels, selects } from '../meaning/selector.ts'
import { type RuleReads, subsetOf } from './destination-rules.ts'
import { hostNotFound, portNotFound, subsetNotFound } from './destinations.ts'
import type { Finding } from './finding.ts'
import type { Gateway } from './gateway-conflicts.ts'
import { gatewayNotFound } from './gateways.ts'
import { meshOf } from './reference-sources.ts'
import { type SelectorReads, selectorFindings } from './selectors.ts'
import { type HostReads, serversOf } from './served-hosts.ts'
import { type TargetReads, targetFindings } from './targets.ts'
import { selectsAnyOf } from './workload-labels.ts'

type EnvoyFilter = ObjectOf<'EnvoyFilter'>
type Match = NonNullable<NonNullable<EnvoyFilter['spec']['configPatches']>[number]['match']>

export interface EnvoyFilterReads extends HostReads, RuleReads, SelectorReads, TargetReads {
  readonly gateways: CollectionReader<Gateway>
}

export function envoyFilterFindings(object: EnvoyFilter, reads: EnvoyFilterReads): readonly Finding[] {
  const labels = object.spec.workloadSelector?.labels
  return [
    ...selectorFindings(object, { field: 'spec.workloadSelector.labels', labels, reach: 'root reaches all' }, reads),
    ...targetFindings(object, reads),
    ...(object.spec.configPatches ?? []).flatMap(({ match }, index) =>
      match === undefined ? [] : matchFindings(match, { object, field: `spec.configPatches[${index}].match` }, reads),
    ),
  ]
}

interface Place {
  readonly object: EnvoyFilter
  readonly field: string
}

function matchFindings(match: Match, place: Place, reads: EnvoyFilterReads): readonly Finding[] {
  return [
    ...contextFindings(match, place, reads),
    ...versionFindings(match, place),
    ...clusterFindings(match, place, reads),
  ]
}

function contextFindings(match: Match, { object, field }: Place, reads: EnvoyFilterReads): readonly Finding[] {
  const { context = 'ANY', routeConfiguration } = match
  const gateway = routeConfiguration?.gateway ?? ''
  if (context === 'WAYPOINT')
    return [never(`${field}.context`, 'no proxy of this mesh is a waypoint', 'use another context')]
  if (gateway !== '' && (context === 'SIDECAR_INBOUND' || context === 'SIDECAR_OUTBOUND'))
    return [
      never(
        `${field}.routeConfiguration.gateway`,
        `no proxy of context ${context} has routes of a Gateway`,
        'use GATEWAY',
      ),
    ]
  if (gateway !== '' && reads.gateways.get(gateway) === undefined)
    return [gatewayNotFound(gateway, `${field}.routeConfiguration.gateway`)]
  if (context !== 'GATEWAY' || (object.spec.targetRefs ?? []).length > 0) return []
  if (isForGateways(object, reads)) return []
  const reason = 'no Gateway selects a workload whose proxy it patches'
  return [never(`${field}.context`, reason, 'use another context, or correct the selector of one of the two')]
}

/** Whether a Gateway may select a workload that the filter selects. Cost: the Gateways, until one does. */
function isForGateways({ metadata, spec }: EnvoyFilter, reads: EnvoyFilterReads): boolean {
  const own: Labels = spec.workloadSelector?.labels ?? {}
  const { rootNamespace } = meshOf(reads)
  const reach = metadata.namespace === rootNamespace ? '' : metadata.namespace
  for (const gateway of reads.gateways.values()) {
    const selector = gateway.spec.selector ?? {}
    // Without workloads nothing can be told from labels.
    if (reads.workloadsKnown.get('mesh') === undefined || isEmptySelector(selector)) return true
    if (isEmptySelector(own) && reach === '') return true
    if (selects(own, selector) && reach === '') return true
    if (selectsAnyOf(reach, [selector, own], reads)) return true
  }
  return false
}

function versionFindings({ proxy }: Match, { field }: Place): readonly Finding[] {
  const written = proxy?.proxyVersion ?? ''
  const beginning = literalBeginning(written)
  const compared = Math.min(beginning.length, istioVersion.length)
  const fits = [...beginning.slice(0, compared)].every(
    (character, at) => character === '.' || character === istioVersion[at],
  )
  if (fits) return []
  const reason = `matches versions that begin with ${beginning}, and the agents of this mesh are of ${istioVersion}`
  return [never(`${field}.proxy.proxyVersion`, reason, 'correct it, or remove the patch')]
}

/**
 * What everything begins with that an anchored expression matches; a dot stands for any character. Expressions of users are
 * not run here: what goes beyond this is not judged.
 */
function literalBeginning(pattern: string): string {
  if (!pattern.startsWith('^') || pattern.includes('|')) return ''
  let text = ''
  for (let at = 1; at < pattern.length; ) {
    const token = /^(?:\\\.|[\w.-])/.exec(pattern.slice(at, at + 2))?.[0]
    if (token === undefined) break
    at += token.length
    if ('*?{'.includes(pattern[at] ?? ' ')) break
    text += token.slice(-1)
    if (pattern[at] === '+') break
  }
  return text
}

/** Clusters of calls that go out are of a host, and perhaps of a subset; the host is written in full. */
function clusterFindings(
  { context, cluster }: Match,
  { object, field }: Place,
  reads: EnvoyFilterReads,
): readonly Finding[] {
  const { service = '', subset = '', portNumber = 0, name = '' } = cluster ?? {}
  // By the name of the cluster alone.
  if (name !== '' || service === '' || context === 'SIDECAR_INBOUND') return []
  const host = literalHost(service)
  const servers = serversOf(host, reads)
  if (servers.length === 0) return [hostNotFound(host, `${field}.cluster.service`)]
  const ports = [...new Set(servers.flatMap(server => server.ports))].sort((a, b) => a - b)
  if (portNumber !== 0 && ports.length > 0 && !ports.includes(portNumber))
    return [portNotFound(portNumber, { host, ports, field: `${field}.cluster.portNumber` })]
  if (subset === '') return []
  const { namespace: client } = object.metadata
  const answer = subsetOf({ host, subset, client, owners: servers.map(({ namespace }) => namespace) }, reads)
  if (answer.kind === 'defined' || answer.kind === 'hidden') return []
  return [subsetNotFound(answer, { host, subset, client, field: `${field}.cluster.subset` })]
}

const never = (field: string, reason: string, remedy: string): Finding => ({
  code: 'PATCH_NEVER_APPLIES',
  field,
  reason,
  remedy,
})
