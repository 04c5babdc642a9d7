/** networking.istio.io `StringMatch`: exactly one of exact, prefix and regex. */

import { field, message, optional, regex, text, type Value } from '../schema/fields.ts'
import type { Report } from './kind.ts'

export const stringMatch = message(
  {
    exact: field('The whole text, to the letter.', optional(text(8192))),
    prefix: field('What the text begins with.', optional(text(8192))),
    regex: field('An expression in the syntax of RE2 that the whole text must match.', optional(regex())),
  },
  { exclusive: [['exact', 'prefix', 'regex']] },
)

export type StringMatch = Value<typeof stringMatch>

/** For places where a match that says nothing is a mistake. */
export function checkStringMatch(match: StringMatch | undefined, field: string, report: Report): void {
  if (match?.regex === '')
    report.error(`${field}.regex`, 'is empty', 'write a regular expression, or leave the match out')
}
