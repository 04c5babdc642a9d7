/** type.istio.io `PolicyTargetReference`: what a policy hangs on when it does not select workloads by labels. */

import type { Value } from '../schema/fields.ts'
import { field, message, optional, requiredText, ruled, text } from '../schema/fields.ts'
import type { Report } from './kind.ts'

const group = ruled(text(253), {
  cel: "self.matches('^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",
  holds: given => /^$|^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:[.][a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/.test(given),
  reason: 'is not an API group',
  remedy: 'write it like gateway.networking.k8s.io',
})

const kind = ruled(requiredText(63), {
  cel: "self.matches('^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$')",
  holds: given => /^[a-zA-Z](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$/.test(given),
  reason: 'is not the name of a kind',
  remedy: 'write it like Service',
})

export const policyTarget = message({
  group: field('The API group of the target.', optional(group), { default: 'the core group' }),
  kind: field('`Service`, `ServiceEntry`, `Gateway` or `GatewayClass`.', kind),
  name: field("The target's name.", requiredText(253)),
  namespace: field(
    "The target's namespace, which can only be the policy's own.",
    optional(
      ruled(text(63), {
        cel: 'self.size() == 0',
        holds: namespace => namespace === '',
        reason: 'a policy cannot point into another namespace',
        remedy: 'remove the namespace',
      }),
    ),
  ),
})

/** What the fields `targetRef` and `targetRefs` of every policy still lack. */
export const targetsNotInForce = 'a policy with a target holds nowhere, because waypoints and gateways are not served'

export function checkPolicyTarget(target: Value<typeof policyTarget>, field: string, report: Report): void {
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
