/** The authorization of one workload at one layer, as data: what each of its filters holds. */

import type { Condition } from './condition.ts'

/** In the order in which they act. */
export const stages = ['audit', 'deny', 'allow'] as const
export type Stage = (typeof stages)[number]

export interface RbacRule {
  readonly key: string
  /** What is called. */
  readonly permission: Condition
  /** Who calls. */
  readonly principal: Condition
}

export interface RbacFilter {
  readonly kind: 'rbac'
  readonly layer: 'http' | 'tcp'
  readonly stage: Stage
  /** Undefined: nothing is enforced. With the stage `allow`, no rules at all deny everything. */
  readonly rules?: readonly RbacRule[]
  /** Of policies that only try out: evaluated and reported, never enforced. */
  readonly shadowRules?: readonly RbacRule[]
}
