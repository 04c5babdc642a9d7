/** Names of outbound clusters, which their endpoint assignments and default SNI share. */

import { destinationRuleOf, type MergedDestinationRule } from '../discovery/destination-rule.ts'
import type { TrackedFacts } from '../discovery/facts.ts'
import type { MeshService, ServiceKey } from '../discovery/service.ts'

/** What one outbound cluster is made of. */
export interface OutboundSeed {
  readonly service: ServiceKey
  readonly port: number
  /** '' for the whole service. */
  readonly subset: string
  /** In force for the client; looked up once for all clusters and assignments of the service. */
  readonly rule: MergedDestinationRule | undefined
}

export function outboundClusterName(port: number, subset: string, hostname: string): string {
  return `outbound|${port}|${subset}|${hostname}`
}

/** The server name that a mutual TLS client sends, also what an SNI-routing gateway reads. */
export function outboundServerName(port: number, subset: string, hostname: string): string {
  return `outbound_.${port}_.${subset}_.${hostname}`
}

/** Members are services, which namespaces see differently where they have rules of their own. */
export function ruledApart(service: ServiceKey, facts: TrackedFacts): readonly string[] {
  return [...(facts.destinationRules.get(service)?.exceptions.keys() ?? [])]
}

/** Each port of the service as a whole, then by subset; UDP is not proxied. */
export function* listOutbound(
  facts: TrackedFacts,
  clientNamespace: string,
  service: MeshService,
): Iterable<readonly [name: string, seed: OutboundSeed]> {
  const rule = destinationRuleOf(facts, clientNamespace, service)
  const subsets = ['', ...(rule?.subsets ?? []).map(({ name }) => name)]
  for (const { number: port, protocol } of service.ports) {
    if (protocol === 'udp') continue
    for (const subset of subsets) {
      yield [outboundClusterName(port, subset, service.hostname), { service: service.key, port, subset, rule }]
    }
  }
}
