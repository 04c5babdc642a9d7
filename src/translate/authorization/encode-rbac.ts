/** RBAC filters as Envoy's HTTP and network filters. */

import { type Any, any, type Plain } from '../envoy-messages.ts'
import { permissionOf, principalOf } from './encode-condition.ts'
import type { RbacFilter, RbacRule, Stage } from './rbac.ts'

export const rbacTypes = {
  http: 'envoy.extensions.filters.http.rbac.v3.RBAC',
  tcp: 'envoy.extensions.filters.network.rbac.v3.RBAC',
} as const

export function encodeRbac(filter: RbacFilter): Any {
  const { rules, shadowRules, stage, layer } = filter
  return any(rbacTypes[layer], {
    ...(rules === undefined ? {} : { rules: rbac(rules, stage) }),
    ...(shadowRules === undefined
      ? {}
      : { shadowRules: rbac(shadowRules, stage), shadowRulesStatPrefix: `istio_dry_run_${stage}_` }),
    // Envoy demands one of the network filter.
    ...(layer === 'tcp' ? { statPrefix: 'tcp.' } : {}),
  })
}

const actions: Readonly<Record<Stage, string>> = { audit: 'LOG', deny: 'DENY', allow: 'ALLOW' }

function rbac(rules: readonly RbacRule[], stage: Stage): Plain {
  const policies = Object.fromEntries(
    rules.map(({ key, permission, principal }) => [
      key,
      { permissions: [permissionOf(permission)], principals: [principalOf(principal)] },
    ]),
  )
  return { action: actions[stage], policies }
}
