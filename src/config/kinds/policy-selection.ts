/** For which workloads an object of the security, telemetry and extension kinds is: labels, or references. */

import { field, list, optional, type Value } from '../schema/fields.ts'
import type { Report } from './kind.ts'
import { checkPolicyTarget, policyTarget } from './policy-target.ts'
import { checkSelector, matchLabelsSelector } from './workload-selector.ts'

export const selector = field(
  'The workloads that the object is for, in its namespace or, in the root namespace, everywhere.',
  optional(matchLabelsSelector),
  { default: 'every workload of the namespace; in the root namespace every workload of the mesh' },
)

export const targetRefs = field(
  'The gateways, gateway classes, services or ServiceEntries that the object is for: those of its own namespace.',
  optional(list(policyTarget, 16)),
  { since: '1.22' },
)

/** Both, and the single reference that came before the list. */
export const policySelection = {
  selector,
  targetRef: field('The gateway, service or class that the object is for.', optional(policyTarget), {
    deprecated: 'use `targetRefs`',
    since: '1.21',
  }),
  targetRefs,
}

export interface PolicySelection {
  readonly selector?: Value<typeof matchLabelsSelector> | undefined
  readonly targetRef?: Value<typeof policyTarget> | undefined
  readonly targetRefs?: readonly Value<typeof policyTarget>[] | undefined
}

export function checkPolicySelection(selection: PolicySelection, report: Report): void {
  if (selection.selector !== undefined) checkSelector(selection.selector.matchLabels, 'spec.selector', report)
  if (selection.targetRef !== undefined) checkPolicyTarget(selection.targetRef, 'spec.targetRef', report)
  for (const [index, target] of (selection.targetRefs ?? []).entries())
    checkPolicyTarget(target, `spec.targetRefs[${index}]`, report)
}
