/** Paths of an AuthorizationPolicy: exact, `prefix*`, `*suffix`, `*`, or a template with `{*}` (one segment) and `{**}` (any). */

import type { Report } from './kind.ts'

export const isPathTemplate = (path: string): boolean => path.includes('{*}') || path.includes('{**}')

export function checkPathTemplate(path: string, field: string, report: Report): void {
  if (!isPathTemplate(path)) return
  const fault = templateFault(path)
  if (fault !== undefined)
    report.error(field, `'${path}' is not a path template: ${fault}`, 'use {*} for one segment and {**} for any number')
}

/** The rules of Envoy's URI template matcher, without named variables. */
function templateFault(path: string): string | undefined {
  if (!path.startsWith('/')) return 'it must start with /'
  const segments = path.slice(1).split('/')
  for (const [index, segment] of segments.entries()) {
    if (segment === '{*}' || segment === '{**}') {
      if (segment === '{**}' && segments.indexOf('{**}', index + 1) >= 0) return '{**} can stand once'
      if (segment === '{**}' && segments.indexOf('{*}', index + 1) >= 0) return '{*} cannot follow {**}'
      continue
    }
    const rest = segment.replace('{**}', '').replace('{*}', '')
    if (/[{}]/.test(rest)) return 'variables have no names here'
    if (rest.length !== segment.length && !/^\{\*\*?\}[^{}*]*$/.test(segment))
      return `an operator must be a whole segment, and '${segment}' is not`
    if (rest.includes('*')) return "'*' cannot stand beside {*} and {**}"
  }
  return undefined
}
