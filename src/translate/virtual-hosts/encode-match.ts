/** Route matches as `envoy.config.route.v3.RouteMatch`. */

import type { Plain } from '../envoy-messages.ts'
import { wrapped } from '../well-known.ts'
import type { NamedMatch, PathMatch, RouteMatch, ValueMatch } from './ir.ts'

export function encodeMatch({ path, headers, queryParameters }: RouteMatch): Plain {
  return {
    ...pathMatch(path),
    ...(headers.length === 0 ? {} : { headers: headers.map(header) }),
    ...(queryParameters.length === 0 ? {} : { queryParameters: queryParameters.map(queryParameter) }),
  }
}

/** `envoy.type.matcher.v3.StringMatcher`; present: any text but the empty one. */
export function stringMatcher(match: ValueMatch): Plain {
  if (match.kind === 'present') return { safeRegex: { regex: '.+' } }
  return match.kind === 'regex' ? { safeRegex: { regex: match.value } } : { [match.kind]: match.value }
}

function pathMatch({ kind, value, ignoreCase }: PathMatch): Plain {
  if (kind === 'regex') return { safeRegex: { regex: value } }
  const specifier = kind === 'exact' ? { path: value } : { prefix: value }
  return ignoreCase ? { ...specifier, caseSensitive: wrapped(false) } : specifier
}

function header({ name, value, inverted }: NamedMatch): Plain {
  if (value.kind === 'present') return { name, presentMatch: true, ...(inverted ? { invertMatch: true } : {}) }
  const inversion = inverted ? { invertMatch: true, treatMissingHeaderAsEmpty: true } : {}
  return { name, stringMatch: stringMatcher(value), ...inversion }
}

const queryParameter = ({ name, value }: NamedMatch): Plain =>
  value.kind === 'present' ? { name, presentMatch: true } : { name, stringMatch: stringMatcher(value) }
