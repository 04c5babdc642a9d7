/** type.istio.io `PolicyTargetReference`: what a policy hangs on when it does not select workloads by labels. */

import type { Value } from '../schema/fields.ts'
import { message, optional, requiredText, text } from '../schema/fields.ts'
import type { Report } from './kind.ts'

export const policyTarget = message({
  group: optional(text(253)),
  kind: requiredText(63),
  name: requiredText(253),
  namespace: optional(text(63)),
})

export function checkPolicyTarget(target: Value<typeof policyTarget>, field: string, report: Report): void {
  if ((target.namespace ?? '') !== '') {
    report.error(`${field}.namespace`, 'a policy cannot point into another namespace', 'remove the namespace')
  }
  if (!allowedTargets.has(`${target.group ?? ''}/${target.kind}`)) {
    report.error(
      `${field}.kind`,
      `a policy cannot hang on ${target.group ?? ''}/${target.kind}`,
      `point at one of ${[...allowedTargets].join(', ')}`,
    )
  }
}

const allowedTargets: ReadonlySet<string> = new Set([
  '/Service',
  'core/Service',
  'gateway.networking.k8s.io/Gateway',
  'gateway.networking.k8s.io/GatewayClass',
  'networking.istio.io/ServiceEntry',
])
