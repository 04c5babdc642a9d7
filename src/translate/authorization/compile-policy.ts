/** One AuthorizationPolicy as RBAC rules. */

import type { AuthorizationPolicySpec, AuthorizationRule } from '../../config/kinds/authorization-policy.ts'
import type { ConfigObject } from '../../config/object.ts'
import { allOf, anyOf, type Condition } from './condition.ts'
import { operationAsksHttp, operationCondition } from './operation.ts'
import { anyDomain, type Layer, type MeshOfPolicies, type PolicyContext } from './policy-context.ts'
import type { RbacRule } from './rbac.ts'
import { sourceAsksHttp, sourceCondition } from './source.ts'
import { isAboutTrustDomains, whenAsksHttp, whenCondition } from './when.ts'

/** The key under which Envoy reports a match: `ns[NS]-policy[NAME]-rule[I]`. */
export function ruleKey(policy: ConfigObject<AuthorizationPolicySpec>, rule: number): string {
  return `ns[${policy.metadata.namespace}]-policy[${policy.metadata.name}]-rule[${rule}]`
}

/**
 * On TCP an ALLOW rule that asks something only HTTP can answer allows nothing and is left out; of other rules only
 * such questions are left out, so that they match more.
 */
export function compilePolicy(
  policy: ConfigObject<AuthorizationPolicySpec>,
  layer: Layer,
  { mesh, federation }: MeshOfPolicies,
): readonly RbacRule[] {
  const allows = (policy.spec.action ?? 'ALLOW') === 'ALLOW'
  const context: PolicyContext = {
    layer,
    namespace: policy.metadata.namespace,
    trustDomains: [mesh.trustDomain, ...mesh.trustDomainAliases],
    sense: allows ? 'narrow' : 'wide',
    unnamed: federation === 'none' ? 'any' : 'own',
    slashes: mesh.pathNormalization.normalization === 'DECODE_AND_MERGE_SLASHES' ? 'merged' : 'as-sent',
  }
  return (policy.spec.rules ?? []).flatMap((rule, index) =>
    allows && layer === 'tcp' && asksHttp(rule) ? [] : [compileRule(rule, ruleKey(policy, index), context)],
  )
}

function compileRule(rule: AuthorizationRule, key: string, given: PolicyContext): RbacRule {
  const context = (rule.when ?? []).some(isAboutTrustDomains) ? anyDomain(given) : given
  const conditions = (rule.when ?? []).map(when => whenCondition(when, context))
  const onSide = (side: 'principal' | 'permission'): readonly Condition[] =>
    conditions.filter(one => one.side === side).map(one => one.condition)
  const sources = (rule.from ?? []).map(({ source }) => sourceCondition(source ?? {}, context))
  const operations = (rule.to ?? []).map(({ operation }) => operationCondition(operation ?? {}, context))
  return {
    key,
    permission: allOf([...(operations.length > 0 ? [anyOf(operations)] : []), ...onSide('permission')]),
    principal: allOf([...(sources.length > 0 ? [anyOf(sources)] : []), ...onSide('principal')]),
  }
}

const asksHttp = (rule: AuthorizationRule): boolean =>
  (rule.from ?? []).some(({ source }) => sourceAsksHttp(source ?? {})) ||
  (rule.to ?? []).some(({ operation }) => operationAsksHttp(operation ?? {})) ||
  (rule.when ?? []).some(whenAsksHttp)
