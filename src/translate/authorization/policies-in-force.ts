/** The policies that select a workload, as the RBAC filters of its inbound side. */

import type { AuthorizationPolicySpec } from '../../config/kinds/authorization-policy.ts'
import type { ConfigObject } from '../../config/object.ts'
import type { PoliciesInForce } from '../../discovery/authorization-policy.ts'
import type { TrackedFacts } from '../../discovery/facts.ts'
import { federatedTrustDomains } from '../../discovery/federation.ts'
import { compilePolicy, ruleKey } from './compile-policy.ts'
import { anything } from './condition.ts'
import type { Layer, MeshOfPolicies } from './policy-context.ts'
import type { RbacFilter, RbacRule, Stage } from './rbac.ts'

type Policy = ConfigObject<AuthorizationPolicySpec>

export function federationOf(facts: Pick<TrackedFacts, 'federatedTrustDomains'>): MeshOfPolicies['federation'] {
  return federatedTrustDomains(facts).length === 0 ? 'none' : 'some'
}

export function rbacFilter(policies: PoliciesInForce, stage: Stage, layer: Layer, context: MeshOfPolicies): RbacFilter {
  const compiled = (of: readonly Policy[]): readonly RbacRule[] =>
    of.flatMap(policy => compilePolicy(policy, layer, context))
  const own = policies[stage]
  const enforced = own.filter(policy => !isDryRun(policy))
  const tried = own.filter(isDryRun)
  const refusals = stage === 'deny' ? policies.custom.filter(policy => !isDryRun(policy)).map(refusal) : []
  return {
    kind: 'rbac',
    layer,
    stage,
    ...(enforced.length + refusals.length === 0 ? {} : { rules: [...refusals, ...compiled(enforced)] }),
    ...(tried.length === 0 ? {} : { shadowRules: compiled(tried) }),
  }
}

/** A CUSTOM policy asks a service that this control plane cannot wire up yet: everything is refused, as for any bad provider. */
const refusal = (policy: Policy): RbacRule => ({
  key: `${ruleKey(policy, 0)}-deny-due-to-bad-CUSTOM-action`,
  permission: anything,
  principal: anything,
})

const isDryRun = (policy: Policy): boolean => policy.metadata.annotations['istio.io/dry-run'] === 'true'
