/** Kubernetes' `LabelSelector`, as settings of the mesh choose namespaces and services. */

import type { Report } from '../kinds/kind.ts'
import { field, list, map, message, optional, requiredText, text, type Value } from '../schema/fields.ts'
import { isLabelKey } from '../schema/label-syntax.ts'

const requirement = message({
  key: field('The key of a label.', requiredText(317)),
  operator: field('`In`, `NotIn`, `Exists` or `DoesNotExist`.', requiredText(32)),
  values: field('Values of the label, for `In` and `NotIn`.', optional(list(text(63), 256))),
})

export const labelSelector = message({
  matchLabels: field('Labels that must all be there. None takes everything.', optional(map(text(63), 'label'))),
  matchExpressions: field('Conditions that must all hold.', optional(list(requirement, 256))),
})

export type LabelSelector = Value<typeof labelSelector>

const valued = ['In', 'NotIn']
const bare = ['Exists', 'DoesNotExist']

export function checkLabelSelector({ matchExpressions = [] }: LabelSelector, field: string, report: Report): void {
  for (const [index, { key, operator, values = [] }] of matchExpressions.entries()) {
    const at = `${field}.matchExpressions[${index}]`
    if (!isLabelKey(key)) report.error(`${at}.key`, `'${key}' is not a label key`)
    if (!valued.includes(operator) && !bare.includes(operator)) {
      report.error(
        `${at}.operator`,
        `'${operator}' is not an operator`,
        `use one of ${[...valued, ...bare].join(', ')}`,
      )
    } else if (valued.includes(operator) !== values.length > 0) {
      const remedy = valued.includes(operator) ? 'name a value' : 'remove them'
      report.error(`${at}.values`, `${values.length === 0 ? 'is' : 'are not'} required with ${operator}`, remedy)
    }
  }
}
