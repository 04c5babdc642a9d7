/** `from.source` of a rule: who calls. */

import type { AuthorizationSource } from '../../config/kinds/authorization-policy.ts'
import { allOf, type Condition } from './condition.ts'
import { isGiven, listedIn } from './listed.ts'
import { anyDomain, type PolicyContext } from './policy-context.ts'
import { ipBlock, namespace, principal, requestPrincipal, serviceAccount, trustDomain } from './source-values.ts'

/** Fields that only HTTP can answer are left out on TCP: `sourceAsksHttp` tells whether there are any. */
export function sourceCondition(source: AuthorizationSource, given: PolicyContext): Condition {
  const context = isGiven(source.trustDomains) ? anyDomain(given) : given
  const all = listedIn(context)
  return allOf([
    ...all(source.principals, source.notPrincipals, principal),
    ...all(source.namespaces, source.notNamespaces, namespace),
    ...all(source.serviceAccounts, source.notServiceAccounts, serviceAccount),
    ...all(source.trustDomains, source.notTrustDomains, trustDomain),
    ...all(source.ipBlocks, source.notIpBlocks, ipBlock('direct-ip')),
    ...all(source.remoteIpBlocks, source.notRemoteIpBlocks, ipBlock('remote-ip')),
    ...(context.layer === 'http' ? all(source.requestPrincipals, source.notRequestPrincipals, requestPrincipal) : []),
  ])
}

export const sourceAsksHttp = (source: AuthorizationSource): boolean =>
  isGiven(source.requestPrincipals) || isGiven(source.notRequestPrincipals)
