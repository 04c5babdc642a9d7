/** What a Telemetry may say beyond its form: expressions that parse, tags that have names, one provider of traces. */

import { celFault } from './cel-syntax.ts'
import type { Report } from './kind.ts'
import { checkPolicySelection } from './policy-selection.ts'
import type { TelemetrySpec } from './telemetry.ts'

export function checkTelemetry(spec: TelemetrySpec, report: Report): void {
  checkPolicySelection(spec, report)
  checkTracing(spec.tracing ?? [], report)
  for (const [index, { overrides = [] }] of (spec.metrics ?? []).entries()) {
    for (const [at, { tagOverrides = {} }] of overrides.entries())
      checkTags(tagOverrides, `spec.metrics[${index}].overrides[${at}].tagOverrides`, report)
  }
  for (const [index, { filter }] of (spec.accessLogging ?? []).entries()) {
    if (filter === undefined) continue
    const fault = celFault(filter.expression ?? '')
    if (fault !== undefined)
      report.error(
        `spec.accessLogging[${index}].filter.expression`,
        `is not an expression of CEL: ${fault}`,
        'write it like response.code >= 400',
      )
  }
}

function checkTracing(tracing: NonNullable<TelemetrySpec['tracing']>, report: Report): void {
  if (tracing.length > 1) report.warning('spec.tracing', 'counts with its first entry alone', 'keep one entry')
  for (const [index, { providers = [], customTags = {} }] of tracing.entries()) {
    if (providers.length > 1)
      report.warning(`spec.tracing[${index}].providers`, 'counts with its first entry alone', 'keep one provider')
    for (const name of Object.keys(customTags)) {
      if (name === '') report.error(`spec.tracing[${index}].customTags`, 'has a tag without a name', 'name it')
    }
  }
}

type TagOverrides = Readonly<Record<string, { readonly value?: string | undefined }>>

function checkTags(tags: TagOverrides, field: string, report: Report): void {
  for (const [name, { value = '' }] of Object.entries(tags)) {
    if (name === '') report.warning(field, 'has a tag without a name, which no metric carries', 'name it')
    const fault = value === '' ? undefined : celFault(value)
    if (fault !== undefined)
      report.warning(
        `${field}.${name}.value`,
        `is not an expression of CEL, and becomes "unknown": ${fault}`,
        'put text in quotes: value: \'"text"\'',
      )
  }
}
