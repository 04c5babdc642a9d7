/** What one HTTP rule of a VirtualService may say, beyond its form. */

import { durationMs } from '../duration.ts'
import { checkDestination } from './destination.ts'
import { checkHeaderOperations, isAuthority } from './header-operations.ts'
import { checkHeaderName } from './header-rules.ts'
import { isPort } from './host-syntax.ts'
import { checkHttpMatch } from './http-match.ts'
import { checkHttpRetries } from './http-retries.ts'
import type { CorsPolicy, HttpDirectResponse, HttpFault, HttpRedirect, HttpRewrite, HttpRoute } from './http-route.ts'
import type { Report } from './kind.ts'
import { checkWeights } from './route-weights.ts'

export interface HttpRoutePlace {
  readonly field: string
  /** A VirtualService without hosts is a delegate: others send to it. */
  readonly role: 'root' | 'delegate'
}

export function checkHttpRoute(route: HttpRoute, place: HttpRoutePlace, report: Report): void {
  const { field } = place
  checkAction(route, place, report)
  for (const [index, match] of (route.match ?? []).entries()) checkHttpMatch(match, `${field}.match[${index}]`, report)
  for (const [index, { destination, headers }] of (route.route ?? []).entries()) {
    checkDestination(destination, `${field}.route[${index}].destination`, report)
    checkHeaderOperations(headers, `${field}.route[${index}].headers`, report)
  }
  checkWeights(route.route ?? [], `${field}.route`, report)
  checkHeaderOperations(route.headers, `${field}.headers`, report)
  if (route.retries !== undefined) checkHttpRetries(route.retries, `${field}.retries`, report)
  if (route.redirect !== undefined) checkRedirect(route.redirect, `${field}.redirect`, report)
  if (route.directResponse !== undefined) checkDirectResponse(route.directResponse, `${field}.directResponse`, report)
  if (route.rewrite !== undefined) checkRewrite(route.rewrite, `${field}.rewrite`, report)
  checkOneAuthority(route, field, report)
  checkMirrors(route, field, report)
  if (route.fault !== undefined) checkFault(route.fault, `${field}.fault`, report)
  if (route.corsPolicy !== undefined) checkCors(route.corsPolicy, `${field}.corsPolicy`, report)
}

/** Exactly one of route, redirect, directResponse; or, in a root, a delegate. */
function checkAction(route: HttpRoute, { field, role }: HttpRoutePlace, report: Report): void {
  const hasRoute = (route.route ?? []).length > 0
  const others = (names: readonly (keyof HttpRoute)[], beside: string): void => {
    for (const name of names) {
      if (route[name] === undefined || (name === 'route' && !hasRoute)) continue
      report.error(`${field}.${name}`, `cannot stand beside ${beside}`, 'keep one of the two')
    }
  }
  if (route.delegate !== undefined) {
    if (role === 'delegate') report.error(`${field}.delegate`, 'is not possible in a delegate', 'route from here')
    others(['route', 'redirect', 'directResponse'], 'delegate')
    return
  }
  if (route.redirect !== undefined) others(['route', 'directResponse', 'fault', 'rewrite'], 'redirect')
  else if (route.directResponse !== undefined) others(['route', 'fault', 'rewrite'], 'directResponse')
  else if (!hasRoute) report.error(field, 'goes nowhere', 'add route, redirect or directResponse')
}

function checkRedirect(redirect: HttpRedirect, field: string, report: Report): void {
  const { uri = '', authority = '', scheme = '', port, derivePort, redirectCode } = redirect
  if (uri === '' && authority === '' && scheme === '' && port === undefined && derivePort === undefined) {
    report.error(field, 'changes nothing', 'set uri, authority, scheme or port')
  }
  if (scheme !== '' && scheme !== 'http' && scheme !== 'https')
    report.error(`${field}.scheme`, `'${scheme}' is not a scheme`, 'use http or https')
  if (port !== undefined && port !== 0 && !isPort(port))
    report.error(`${field}.port`, `${port} is not a port`, 'use 1 to 65535')
  // Those that Envoy can send.
  if (redirectCode !== undefined && ![0, 301, 302, 303, 307, 308].includes(redirectCode)) {
    report.error(`${field}.redirectCode`, `${redirectCode} is not a redirect`, 'use 301, 302, 303, 307 or 308')
  }
}

function checkDirectResponse(response: HttpDirectResponse, field: string, report: Report): void {
  if (response.status < 200 || response.status > 599)
    report.error(`${field}.status`, `${response.status} is not a status of a response`, 'use 200 to 599')
}

function checkRewrite(rewrite: HttpRewrite, field: string, report: Report): void {
  const { uri = '', authority = '', uriRegexRewrite } = rewrite
  if (uri === '' && authority === '' && uriRegexRewrite === undefined)
    report.error(field, 'changes nothing', 'set uri, uriRegexRewrite or authority')
  if (uri !== '' && uriRegexRewrite !== undefined)
    report.error(`${field}.uriRegexRewrite`, 'cannot stand beside uri', 'keep one of the two')
  if (uriRegexRewrite === undefined) return
  for (const name of ['match', 'rewrite'] as const) {
    if ((uriRegexRewrite[name] ?? '') === '') report.error(`${field}.uriRegexRewrite.${name}`, 'is required')
  }
}

/** Envoy takes the authority from one place; two would be decided by chance. */
function checkOneAuthority(route: HttpRoute, field: string, report: Report): void {
  const request = route.headers?.request
  const places = [
    ...((route.rewrite?.authority ?? '') === '' ? [] : [`${field}.rewrite.authority`]),
    ...(['set', 'add'] as const).flatMap(action =>
      Object.keys(request?.[action] ?? {})
        .filter(isAuthority)
        .map(name => `${field}.headers.request.${action}.${name}`),
    ),
  ]
  for (const place of places.slice(1))
    report.error(place, `sets the authority, which ${places[0]} sets already`, 'keep one of the two')
}

function checkMirrors(route: HttpRoute, field: string, report: Report): void {
  if (route.mirror !== undefined && (route.mirrors ?? []).length > 0)
    report.error(`${field}.mirrors`, 'cannot stand beside mirror', 'move mirror into mirrors')
  if (route.mirror !== undefined) checkDestination(route.mirror, `${field}.mirror`, report)
  for (const [index, { destination, percentage }] of (route.mirrors ?? []).entries()) {
    checkDestination(destination, `${field}.mirrors[${index}].destination`, report)
    checkPercent(percentage?.value, `${field}.mirrors[${index}].percentage.value`, report)
  }
  checkPercent(route.mirrorPercentage?.value, `${field}.mirrorPercentage.value`, report)
  checkPercent(route.mirrorPercent, `${field}.mirrorPercent`, report)
  if (route.mirrorPercent !== undefined)
    report.warning(`${field}.mirrorPercent`, 'is deprecated', 'use mirrorPercentage')
}

function checkPercent(percent: number | undefined, field: string, report: Report): void {
  if (percent !== undefined && !(percent >= 0 && percent <= 100))
    report.error(field, `${percent} is not between 0 and 100`)
}

function checkFault(fault: HttpFault, field: string, report: Report): void {
  const { delay, abort } = fault
  if (delay === undefined && abort === undefined) report.error(field, 'does nothing', 'add a delay or an abort')
  checkPercent(delay?.percentage?.value, `${field}.delay.percentage.value`, report)
  checkPercent(delay?.percent, `${field}.delay.percent`, report)
  if (delay?.exponentialDelay !== undefined)
    report.error(`${field}.delay.exponentialDelay`, 'is not supported', 'use fixedDelay')
  checkPercent(abort?.percentage?.value, `${field}.abort.percentage.value`, report)
  const status = abort?.httpStatus
  if (status !== undefined && (status < 200 || status > 599))
    report.error(`${field}.abort.httpStatus`, `${status} is not a status of a response`, 'use 200 to 599')
  if (abort?.grpcStatus !== undefined && !grpcStatuses.has(abort.grpcStatus)) {
    report.error(
      `${field}.abort.grpcStatus`,
      `'${abort.grpcStatus}' is not a gRPC status`,
      `use one of ${[...grpcStatuses].join(', ')}`,
    )
  }
  if (abort?.http2Error !== undefined)
    report.error(`${field}.abort.http2Error`, 'is not supported', 'use httpStatus or grpcStatus')
}

// https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
const grpcStatuses: ReadonlySet<string> = new Set(
  'OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED'.split(
    ' ',
  ),
)

const methods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  '*',
])

function checkCors(policy: CorsPolicy, field: string, report: Report): void {
  for (const [index, origin] of (policy.allowOrigins ?? []).entries()) {
    if ((origin.exact ?? origin.prefix ?? origin.regex ?? '') === '')
      report.error(`${field}.allowOrigins[${index}]`, 'says nothing', 'set exact, prefix or regex')
  }
  for (const [index, method] of (policy.allowMethods ?? []).entries()) {
    if (!methods.has(method))
      report.error(
        `${field}.allowMethods[${index}]`,
        `'${method}' is not a method`,
        `use one of ${[...methods].join(', ')}`,
      )
  }
  for (const name of ['allowHeaders', 'exposeHeaders'] as const) {
    for (const [index, header] of (policy[name] ?? []).entries())
      checkHeaderName(header, `${field}.${name}[${index}]`, report)
  }
  if (policy.maxAge !== undefined && durationMs(policy.maxAge) % 1000 !== 0)
    report.error(`${field}.maxAge`, `${policy.maxAge} is not a number of whole seconds`)
}
