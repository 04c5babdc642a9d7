/**
 * Other trust domains, as far as they may call here. Proxies know the roots of each; a workload admits those of a trust
 * domain only when a policy that allows names it, so that federation by itself opens nothing.
 */

import type { AuthorizationPolicySpec, AuthorizationRule } from '../config/kinds/authorization-policy.ts'
import type { ConfigObject } from '../config/object.ts'
import { plainEqual } from '../graph/equality.ts'
import type { Graph, Source } from '../graph/graph.ts'
import { policiesFor } from './authorization-policy.ts'
import type { TrackedFacts } from './facts.ts'
import type { PolicySubject } from './peer-authentication.ts'

/** One item, key `mesh`: trust domains, sorted; absent: none. The authority's business, put by the daemon. */
export type FederatedSource = Source<readonly string[]>

export function createFederatedSource(graph: Graph): FederatedSource {
  return graph.source<readonly string[]>('federatedTrustDomains', plainEqual)
}

export function federatedTrustDomains(reads: Pick<TrackedFacts, 'federatedTrustDomains'>): readonly string[] {
  return reads.federatedTrustDomains.get('mesh') ?? []
}

/** Those whose workloads may begin a connection to this one. Reads no policy unless there are such trust domains. */
export function admittedTrustDomains(
  reads: Pick<TrackedFacts, 'federatedTrustDomains' | 'mesh' | 'authorizationPolicies'>,
  subject: PolicySubject,
): readonly string[] {
  const federated = federatedTrustDomains(reads)
  if (federated.length === 0) return []
  const { allow } = policiesFor(reads, subject)
  return federated.filter(trustDomain => allow.some(policy => isEnforced(policy) && isNamedBy(policy, trustDomain)))
}

const isEnforced = ({ metadata }: ConfigObject): boolean => metadata.annotations['istio.io/dry-run'] !== 'true'

function isNamedBy({ spec }: ConfigObject<AuthorizationPolicySpec>, trustDomain: string): boolean {
  return (spec.rules ?? []).some(
    rule =>
      principalsOf(rule).some(value => value.startsWith(`${trustDomain}/`)) ||
      trustDomainsOf(rule).includes(trustDomain),
  )
}

function principalsOf(rule: AuthorizationRule): readonly string[] {
  return [...(rule.from ?? []).flatMap(({ source }) => source?.principals ?? []), ...valuesOf(rule, 'source.principal')]
}

function trustDomainsOf(rule: AuthorizationRule): readonly string[] {
  return [
    ...(rule.from ?? []).flatMap(({ source }) => source?.trustDomains ?? []),
    ...valuesOf(rule, 'source.trustDomain'),
  ]
}

function valuesOf({ when = [] }: AuthorizationRule, key: string): readonly string[] {
  return when.flatMap(condition => (condition.key === key ? (condition.values ?? []) : []))
}
