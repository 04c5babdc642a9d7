/** What a DestinationRule takes for granted: its host, the ports and workloads behind it, and that it is alone. */

import type { CollectionReader } from '../../graph/graph.ts'
import { qualifiedHost } from '../meaning/hostname.ts'
import { isEmptySelector, selects } from '../meaning/selector.ts'
import { objectKey } from '../object.ts'
import type { CredentialReads } from './credentials.ts'
import type { Rule, RuleReads } from './destination-rules.ts'
import { hostNotFound, portNotFound } from './destinations.ts'
import type { Finding } from './finding.ts'
import { type RuleRivals, rivalKey, textOfRivals } from './host-rivals.ts'
import { selectorFindings } from './selectors.ts'
import { type HostReads, type ServedHost, serversOf } from './served-hosts.ts'
import { ruleCredentials } from './tls-credentials.ts'
import { type JudgedWorkloads, selectsAny, selectsAnyOf } from './workload-labels.ts'

export interface DestinationRuleReads extends HostReads, RuleReads, JudgedWorkloads, CredentialReads {
  /** By `rivalKey`. */
  readonly ruleRivals: CollectionReader<RuleRivals>
}

export function destinationRuleFindings(object: Rule, reads: DestinationRuleReads, domain: string): readonly Finding[] {
  const labels = object.spec.workloadSelector?.matchLabels
  const at = { field: 'spec.workloadSelector.matchLabels', labels, reach: 'own namespace' } as const
  return [
    ...hostFindings(object, reads, domain),
    ...selectorFindings(object, at, reads),
    ...ruleCredentials(object, reads),
  ]
}

function hostFindings(object: Rule, reads: DestinationRuleReads, domain: string): readonly Finding[] {
  const host = qualifiedHost(object.spec.host, object.metadata.namespace, domain)
  // '*' is for whatever there is.
  const servers = host === '*' ? undefined : serversOf(host, reads)
  const conflicts = conflictFindings(object, host, reads.ruleRivals)
  if (servers === undefined) return conflicts
  if (servers.length === 0) return [hostNotFound(host, 'spec.host'), ...conflicts]
  return [...portFindings(object, host, servers), ...subsetFindings(object, servers, reads), ...conflicts]
}

function portFindings({ spec }: Rule, host: string, servers: readonly ServedHost[]): readonly Finding[] {
  const ports = new Set(servers.flatMap(server => server.ports))
  if (ports.size === 0) return []
  const policies = [
    { field: 'spec.trafficPolicy', policy: spec.trafficPolicy },
    ...(spec.subsets ?? []).map(({ trafficPolicy }, index) => ({
      field: `spec.subsets[${index}].trafficPolicy`,
      policy: trafficPolicy,
    })),
  ]
  return policies.flatMap(({ field, policy }) =>
    (policy?.portLevelSettings ?? []).flatMap(({ port }, index) =>
      ports.has(port.number)
        ? []
        : [
            portNotFound(port.number, {
              host,
              ports: [...ports].sort((a, b) => a - b),
              field: `${field}.portLevelSettings[${index}].port.number`,
            }),
          ],
    ),
  )
}

/** Only where it is known which workloads stand behind the host. */
function subsetFindings({ spec }: Rule, servers: readonly ServedHost[], reads: JudgedWorkloads): readonly Finding[] {
  const judged = servers.filter(
    server =>
      server.endpoints.length > 0 ||
      (server.selector !== undefined &&
        reads.workloadsKnown.get('mesh') === true &&
        selectsAny(server.namespace, server.selector, reads)),
  )
  if (judged.length < servers.length) return []
  return (spec.subsets ?? []).flatMap(({ name, labels = {} }, index) => {
    if (isEmptySelector(labels) || judged.some(server => hasWorkloads(server, labels, reads))) return []
    const reason = `no workload of ${judged.map(({ object }) => object).join(', ')} has the labels of the subset ${name}`
    const remedy = 'correct the labels, or deploy what has them'
    return [{ code: 'SUBSET_SELECTS_NOTHING', field: `spec.subsets[${index}].labels`, reason, remedy }]
  })
}

function hasWorkloads(
  { namespace, selector, endpoints }: ServedHost,
  labels: Readonly<Record<string, string>>,
  reads: JudgedWorkloads,
): boolean {
  if (endpoints.some(endpoint => selects(labels, endpoint))) return true
  return selector !== undefined && selectsAnyOf(namespace, [selector, labels], reads)
}

/** Rules for one host in one namespace are merged; what only one of them can decide is the oldest one's. */
function conflictFindings(object: Rule, host: string, ruleRivals: CollectionReader<RuleRivals>): readonly Finding[] {
  const rivals = ruleRivals.get(rivalKey(host, objectKey(object)))
  if (rivals === undefined) return []
  const { lost } = rivals
  const outcome =
    lost.length === 0 ? 'they are merged' : `of ${lost.join(' and ')} only that of the oldest that says it counts`
  return [
    {
      code: 'HOST_CONFLICT',
      field: 'spec.host',
      reason: `DestinationRule ${textOfRivals(rivals)} is for ${host}, too; ${outcome}`,
      remedy: 'merge them into one',
    },
  ]
}
