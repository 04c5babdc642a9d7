/** networking.istio.io `HTTPMatchRequest`: the conditions under which an HTTP route is taken. */

import { bool, field, map, message, optional, text, uint32, type Value } from '../schema/fields.ts'
import { checkHeaderName } from './header-rules.ts'
import { isDnsLabel, isPort } from './host-syntax.ts'
import type { Report } from './kind.ts'
import { matchClients } from './match-clients.ts'
import { checkStringMatch, type StringMatch, stringMatch } from './string-match.ts'

export const httpMatch = message({
  name: field('A name for people; it changes nothing.', optional(text(253))),
  uri: field('The path, without the query.', optional(stringMatch), { default: 'any path' }),
  scheme: field('`http` or `https`.', optional(stringMatch), { default: 'either' }),
  method: field('The method, in capitals.', optional(stringMatch), { default: 'any method' }),
  authority: field('The host that the client has written.', optional(stringMatch), { default: 'any host' }),
  headers: field('Header → value. An empty match means that the header is there.', optional(map(stringMatch))),
  port: field('The port that is called; 0 means any.', optional(uint32()), { default: 'any port' }),
  ...matchClients,
  queryParams: field('Query parameter → value.', optional(map(stringMatch))),
  ignoreUriCase: field('Whether `exact` and `prefix` of `uri` overlook capitals.', optional(bool()), {
    default: 'false',
  }),
  withoutHeaders: field('Header → value that must not be there.', optional(map(stringMatch))),
  sourceNamespace: field('The namespace that the calling workload must be in.', optional(text(63)), {
    default: 'every namespace',
  }),
  statPrefix: field('The name under which Envoy counts the requests of the route.', optional(text(512)), {
    default: 'no counting',
    notInForce: 'nothing is counted',
  }),
})

export type HttpMatch = Value<typeof httpMatch>

export function checkHttpMatch(match: HttpMatch, field: string, report: Report): void {
  for (const name of ['uri', 'scheme', 'method', 'authority'] as const)
    checkStringMatch(match[name], `${field}.${name}`, report)
  for (const name of ['headers', 'withoutHeaders'] as const) {
    for (const [header, value] of Object.entries<StringMatch>(match[name] ?? {})) {
      if (isClaim(header)) report.warning(`${field}.${name}.${header}`, claimReason, claimRemedy)
      else checkHeaderName(header, `${field}.${name}.${header}`, report)
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

/** In place of a header, a claim of the token that a gateway has verified. */
export const isClaim = (header: string): boolean => /^@request\.auth\.claims[.[]/.test(header)
const claimReason = 'matches by the claims of a token, which no proxy does yet: no request is taken by this match'
const claimRemedy = 'use an AuthorizationPolicy with request.auth.claims to decide by claims'
