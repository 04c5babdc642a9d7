/** Whether an object was taken, and what was said of it: from what its sources say. */

import type { ObjectReference, ObjectStatus, StatusReason } from '../../config/object-status.ts'
import type { Problem } from '../../config/problem.ts'
import type { SourceState } from '../../config/source-state.ts'

export interface Verdict {
  readonly verdict: ObjectStatus['verdict']
  readonly reasons: readonly StatusReason[]
  readonly warnings: readonly StatusReason[]
}

/** Undefined: no source has it, nor a text that could not be read as it. Cost: the objects and problems of the sources. */
export function verdictOf(state: SourceState, reference: ObjectReference): Verdict | undefined {
  const of = (one: { readonly kind?: string; readonly namespace?: string; readonly name?: string }): boolean =>
    one.kind === reference.kind && (one.namespace ?? '') === reference.namespace && one.name === reference.name
  const objects = state.objects.filter(of)
  const problems = state.problems.filter(of)
  const errors = problems.filter(({ severity }) => severity === 'error').map(reasonFrom)
  const warnings = problems.filter(({ severity }) => severity === 'warning').map(reasonFrom)
  const held = objects.find(one => one.state !== 'shadowed')
  if (held === undefined) return errors.length === 0 ? undefined : { verdict: 'refused', reasons: errors, warnings }
  return held.state === 'last good in force'
    ? { verdict: 'last good in force', reasons: errors, warnings }
    : { verdict: 'accepted', reasons: [], warnings: [...errors, ...warnings] }
}

export function reasonFrom({ field, reason, remedy }: Problem): StatusReason {
  return { reason, ...(field === undefined ? {} : { field }), ...(remedy === undefined ? {} : { remedy }) }
}
