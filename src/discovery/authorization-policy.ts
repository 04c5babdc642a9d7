/** Which AuthorizationPolicies are in force for a workload. */

import type { AuthorizationPolicySpec } from '../config/kinds/authorization-policy.ts'
import { selects } from '../config/meaning/selector.ts'
import { byText } from '../config/meaning/seniority.ts'
import type { ConfigObject } from '../config/object.ts'
import type { TrackedFacts } from './facts.ts'
import type { PolicySubject } from './peer-authentication.ts'
import { meshOf } from './sources.ts'

export interface PoliciesInForce {
  readonly custom: readonly ConfigObject<AuthorizationPolicySpec>[]
  readonly deny: readonly ConfigObject<AuthorizationPolicySpec>[]
  readonly allow: readonly ConfigObject<AuthorizationPolicySpec>[]
  readonly audit: readonly ConfigObject<AuthorizationPolicySpec>[]
}

/**
 * Those of the root namespace and of the workload's own that select it, each list by namespace and name. Policies with
 * `targetRefs` are for gateways and waypoints, never for sidecars.
 */
export function policiesFor(
  reads: Pick<TrackedFacts, 'mesh' | 'authorizationPolicies'>,
  { namespace, labels }: PolicySubject,
): PoliciesInForce {
  const namespaces = new Set([meshOf(reads).rootNamespace, namespace])
  const inForce = [...namespaces]
    .flatMap(from => reads.authorizationPolicies.lookup(from))
    .filter(policy => !hasTarget(policy.spec) && selects(policy.spec.selector?.matchLabels, labels))
    .sort(byName)
  const withAction = (action: NonNullable<AuthorizationPolicySpec['action']>) =>
    inForce.filter(({ spec }) => (spec.action ?? 'ALLOW') === action)
  return {
    custom: withAction('CUSTOM'),
    deny: withAction('DENY'),
    allow: withAction('ALLOW'),
    audit: withAction('AUDIT'),
  }
}

function hasTarget(spec: AuthorizationPolicySpec): boolean {
  return spec.targetRef !== undefined || (spec.targetRefs ?? []).length > 0
}

function byName(a: ConfigObject, b: ConfigObject): number {
  return byText(a.metadata.namespace, b.metadata.namespace) || byText(a.metadata.name, b.metadata.name)
}
