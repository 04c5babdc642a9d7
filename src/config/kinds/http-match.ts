/** networking.istio.io `HTTPMatchRequest`: the conditions under which an HTTP route is taken. */

import { bool, list, map, message, optional, text, uint32, type Value } from '../schema/fields.ts'
import { checkHeaderName } from './header-rules.ts'
import { isDnsLabel, isPort } from './host-syntax.ts'
import type { Report } from './kind.ts'
import { checkStringMatch, type StringMatch, stringMatch } from './string-match.ts'

export const httpMatch = message({
  name: optional(text(253)),
  uri: optional(stringMatch),
  scheme: optional(stringMatch),
  method: optional(stringMatch),
  authority: optional(stringMatch),
  /** A header with an empty match must merely be present. */
  headers: optional(map(stringMatch)),
  port: optional(uint32()),
  sourceLabels: optional(map(text(63), 'label')),
  gateways: optional(list(text(512), 256)),
  queryParams: optional(map(stringMatch)),
  ignoreUriCase: optional(bool()),
  withoutHeaders: optional(map(stringMatch)),
  sourceNamespace: optional(text(63)),
  statPrefix: optional(text(512)),
})

export type HttpMatch = Value<typeof httpMatch>

export function checkHttpMatch(match: HttpMatch, field: string, report: Report): void {
  for (const name of ['uri', 'scheme', 'method', 'authority'] as const)
    checkStringMatch(match[name], `${field}.${name}`, report)
  for (const name of ['headers', 'withoutHeaders'] as const) {
    for (const [header, value] of Object.entries<StringMatch>(match[name] ?? {})) {
      checkHeaderName(header, `${field}.${name}.${header}`, report)
      checkStringMatch(value, `${field}.${name}.${header}`, report)
    }
  }
  for (const [parameter, value] of Object.entries<StringMatch>(match.queryParams ?? {})) {
    checkStringMatch(value, `${field}.queryParams.${parameter}`, report)
  }
  if ((match.port ?? 0) !== 0 && !isPort(match.port ?? 0))
    report.error(`${field}.port`, `${match.port} is not a port`, 'use 1 to 65535')
  if ((match.sourceNamespace ?? '') !== '' && !isDnsLabel(match.sourceNamespace ?? '')) {
    report.error(`${field}.sourceNamespace`, `${match.sourceNamespace} is not a namespace`)
  }
}
