/** networking.istio.io `StringMatch`: exactly one of exact, prefix and regex. */

import { message, optional, regex, text, type Value } from '../schema/fields.ts'
import type { Report } from './kind.ts'

export const stringMatch = message(
  { exact: optional(text(8192)), prefix: optional(text(8192)), regex: optional(regex()) },
  { exclusive: [['exact', 'prefix', 'regex']] },
)

export type StringMatch = Value<typeof stringMatch>

/** For places where a match that says nothing is a mistake. */
export function checkStringMatch(match: StringMatch | undefined, field: string, report: Report): void {
  if (match?.regex === '')
    report.error(`${field}.regex`, 'is empty', 'write a regular expression, or leave the match out')
}
