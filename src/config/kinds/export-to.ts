/** `exportTo`: the namespaces that see an object; `.` is its own, `*` is all, `~` (services only) is none. */

import { list, text } from '../schema/fields.ts'
import { isDnsLabel } from './host-syntax.ts'
import type { Report } from './kind.ts'

export const exportTo = () => list(text(63), 1000)

export interface ExportToRules {
  /** Of the object itself. */
  readonly namespace: string
  /** Whether `~` has a meaning for the kind. */
  readonly invisible: 'allowed' | 'refused'
}

export function checkExportTo(exportTo: readonly string[] | undefined, rules: ExportToRules, report: Report): void {
  const seen = new Set<string>()
  for (const [index, entry] of (exportTo ?? []).entries()) {
    const field = `spec.exportTo[${index}]`
    if (!isVisibility(entry, rules))
      report.error(field, `'${entry}' is not a namespace`, "use '.', '*' or the name of a namespace")
    const namespace = entry === '.' ? rules.namespace : entry
    if (seen.has(namespace)) report.error(field, `names ${namespace} a second time`, 'remove one of the two')
    seen.add(namespace)
  }
  for (const alone of ['*', '~']) {
    if (seen.has(alone) && seen.size > 1)
      report.error('spec.exportTo', `'${alone}' cannot stand beside other entries`, `keep '${alone}' or the others`)
  }
}

const isVisibility = (entry: string, { invisible }: ExportToRules): boolean =>
  entry === '.' || entry === '*' || (entry === '~' && invisible === 'allowed') || isDnsLabel(entry)
