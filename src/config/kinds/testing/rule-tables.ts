/** The tables of every kind of Istio's. */

import type { RuleTable } from './rule-cases.ts'
import { authorizationPolicyRules } from './rules/authorization-policy.ts'
import { destinationRuleRules } from './rules/destination-rule.ts'
import { envoyFilterRules } from './rules/envoy-filter.ts'
import { gatewayRules } from './rules/gateway.ts'
import { peerAuthenticationRules } from './rules/peer-authentication.ts'
import { proxyConfigRules } from './rules/proxy-config.ts'
import { requestAuthenticationRules } from './rules/request-authentication.ts'
import { serviceEntryRules } from './rules/service-entry.ts'
import { sidecarRules } from './rules/sidecar.ts'
import { telemetryRules } from './rules/telemetry.ts'
import { trafficExtensionRules } from './rules/traffic-extension.ts'
import { virtualServiceRules } from './rules/virtual-service.ts'
import { wasmPluginRules } from './rules/wasm-plugin.ts'
import { workloadEntryRules } from './rules/workload-entry.ts'
import { workloadGroupRules } from './rules/workload-group.ts'

export const ruleTables: readonly RuleTable[] = [
  authorizationPolicyRules,
  destinationRuleRules,
  envoyFilterRules,
  gatewayRules,
  peerAuthenticationRules,
  requestAuthenticationRules,
  workloadGroupRules,
  wasmPluginRules,
  trafficExtensionRules,
  telemetryRules,
  proxyConfigRules,
  serviceEntryRules,
  sidecarRules,
  virtualServiceRules,
  workloadEntryRules,
]
