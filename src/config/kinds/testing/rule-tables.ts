/** The tables of every kind of Istio's. */

import type { RuleTable } from './rule-cases.ts'
import { authorizationPolicyRules } from './rules/authorization-policy.ts'
import { destinationRuleRules } from './rules/destination-rule.ts'
import { gatewayRules } from './rules/gateway.ts'
import { peerAuthenticationRules } from './rules/peer-authentication.ts'
import { requestAuthenticationRules } from './rules/request-authentication.ts'
import { serviceEntryRules } from './rules/service-entry.ts'
import { sidecarRules } from './rules/sidecar.ts'
import { virtualServiceRules } from './rules/virtual-service.ts'
import { workloadEntryRules } from './rules/workload-entry.ts'

export const ruleTables: readonly RuleTable[] = [
  authorizationPolicyRules,
  destinationRuleRules,
  gatewayRules,
  peerAuthenticationRules,
  requestAuthenticationRules,
  serviceEntryRules,
  sidecarRules,
  virtualServiceRules,
  workloadEntryRules,
]
