/** Where the resources of a proxy came from, as people read it. */

import type { ExplanationView } from '../../admin/status-view.ts'
import { printable } from '../table.ts'

export function formatExplanation(type: string, { resources, untried }: ExplanationView): string {
  const lines: string[] = []
  for (const { name, sources } of resources) {
    lines.push(`${singular(type)} ${name}`)
    if (sources.length === 0) lines.push('  of no object: every proxy of this shape has it')
    for (const { kind, namespace, name: object, place, fields } of sources) {
      lines.push(
        `  ${[kind, namespace === '' ? object : `${namespace}/${object}`].filter(Boolean).join(' ')}  ${place}`,
      )
      for (const { field, parts } of fields) {
        const made = parts.length === 0 ? '' : `→ ${parts.join(', ')}`
        if (field !== '' || made !== '') lines.push(`    ${[field, made].filter(Boolean).join(' ')}`)
      }
    }
  }
  if (untried > 0) lines.push(`${untried} objects and fields were not tried: name one resource with --resource`)
  return lines.length === 0 ? '' : `${lines.map(printable).join('\n')}\n`
}

const singular = (type: string): string => type.replace(/s$/, '')
