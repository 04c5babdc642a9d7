/** How headers are written, and which of them configuration may change. */

import { hasLonePercent } from '../meaning/format-commands.ts'
import type { Report } from './kind.ts'

/** RFC 9110 token, or an HTTP/2 pseudo-header. */
export function checkHeaderName(name: string, field: string, report: Report): void {
  if (!/^:?[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) report.error(field, `'${name}' is not a header name`)
}

/** Envoy refuses to change `host` and pseudo-headers by header operations. */
export function checkWritableHeader(name: string, field: string, report: Report): void {
  checkHeaderName(name, field, report)
  if (name.startsWith(':') || name.toLowerCase() === 'host') {
    report.error(field, `${name} cannot be changed by a header operation`, 'use rewrite for the authority and the path')
  }
}

/** What Envoy's formatter can read: no control characters, and every `%` starts a command or is doubled. */
export function checkHeaderValue(value: string, field: string, report: Report): void {
  if (/[^\P{Cc}\t]/u.test(value)) report.error(field, 'holds a control character')
  if (hasLonePercent(value)) {
    report.error(field, `holds a lone %: ${value}`, 'write %% for a percent sign')
  }
}
