/** `HTTPMatchRequest` as what Envoy can match, or nothing when this client or port is not meant. */

import type { HttpMatch } from '../../config/kinds/http-match.ts'
import type { StringMatch } from '../../config/kinds/string-match.ts'
import { byText } from '../../config/meaning/seniority.ts'
import type { NamedMatch, PathMatch, RouteMatch, ValueMatch } from './ir.ts'

export interface MatchContext {
  /** Of the client. */
  readonly namespace: string
  /** The service port that is called. */
  readonly port: number
}

/**
 * Undefined when the match can never hold here. Labels of the client are not part of what its routes are shared by, so a
 * match that asks for them never holds.
 */
export function routeMatchFrom(match: HttpMatch, { namespace, port }: MatchContext): RouteMatch | undefined {
  if ((match.port ?? 0) !== 0 && match.port !== port) return undefined
  if ((match.gateways ?? []).length > 0 && match.gateways?.includes('mesh') !== true) return undefined
  if ((match.sourceNamespace ?? '') !== '' && match.sourceNamespace !== namespace) return undefined
  if (Object.keys(match.sourceLabels ?? {}).length > 0) return undefined
  return {
    path: pathMatch(match.uri, match.ignoreUriCase ?? false),
    headers: [
      ...pseudoHeader(':method', match.method),
      ...pseudoHeader(':authority', match.authority),
      ...pseudoHeader(':scheme', match.scheme),
      ...named(match.headers, 'as-given').map(lowerCased),
      ...named(match.withoutHeaders, 'inverted').map(lowerCased),
    ],
    queryParameters: named(match.queryParams, 'as-given'),
  }
}

/** Whether whatever comes matches, so that routes behind it are never reached. */
export function matchesEverything({ path, headers, queryParameters }: RouteMatch): boolean {
  const anyPath =
    path.kind === 'prefix' ? path.value === '/' : path.kind === 'regex' && (path.value === '.*' || path.value === '*')
  return anyPath && headers.length + queryParameters.length === 0
}

export function valueMatch(match: StringMatch): ValueMatch {
  if ((match.exact ?? '') !== '') return { kind: 'exact', value: match.exact ?? '' }
  if ((match.prefix ?? '') !== '') return { kind: 'prefix', value: match.prefix ?? '' }
  if ((match.regex ?? '') !== '') return { kind: 'regex', value: match.regex ?? '' }
  return match.exact === '' ? { kind: 'exact', value: '' } : { kind: 'present' }
}

function pathMatch(match: StringMatch | undefined, ignoreCase: boolean): PathMatch {
  const value: ValueMatch = match === undefined ? { kind: 'present' } : valueMatch(match)
  if (value.kind === 'present' || value.value === '') return { kind: 'prefix', value: '/', ignoreCase: false }
  return { ...value, ignoreCase: ignoreCase && value.kind !== 'regex' }
}

const pseudoHeader = (name: string, match: StringMatch | undefined): readonly NamedMatch[] =>
  match === undefined ? [] : [{ name, value: valueMatch(match), inverted: false }]

const named = (
  matches: Readonly<Record<string, StringMatch>> | undefined,
  sense: 'as-given' | 'inverted',
): readonly NamedMatch[] =>
  Object.entries<StringMatch>(matches ?? {})
    .sort(([a], [b]) => byText(a, b))
    .map(([name, match]) => ({ name, value: valueMatch(match), inverted: sense === 'inverted' }))

const lowerCased = (match: NamedMatch): NamedMatch => ({ ...match, name: match.name.toLowerCase() })
