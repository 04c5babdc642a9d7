/** The HTTP rules of a VirtualService as routes, in their order, up to the first that takes everything. */

import { durationMs } from '../../config/duration.ts'
import type { HttpDirectResponse, HttpRedirect, HttpRewrite, HttpRoute } from '../../config/kinds/http-route.ts'
import type { VirtualServiceSpec } from '../../config/kinds/virtual-service.ts'
import type { ConfigObject } from '../../config/object.ts'
import { meshOf } from '../../discovery/sources.ts'
import { corsFrom } from './cors.ts'
import { type DestinationContext, destinationOf } from './destinations.ts'
import { faultFrom } from './fault.ts'
import { hashPolicyOf } from './hash-policy.ts'
import { headerChangesFrom } from './header-changes.ts'
import { matchesEverything, routeMatchFrom } from './http-match.ts'
import {
  everything,
  type ForwardAction,
  type RewriteIr,
  type RouteAction,
  type RouteIr,
  type RouteMatch,
} from './ir.ts'
import { retryFrom } from './retry.ts'

export function httpRoutes(
  virtualService: ConfigObject<VirtualServiceSpec>,
  context: DestinationContext,
): readonly RouteIr[] {
  const routes: RouteIr[] = []
  for (const rule of virtualService.spec.http ?? []) {
    const matches = matchesOf(rule, context)
    if (matches.length === 0) continue
    const action = actionOf(rule, context)
    if (action === undefined) continue
    const { requestHeaders, responseHeaders } = headerChangesFrom(rule.headers)
    const fault = faultFrom(rule.fault)
    const cors = corsFrom(rule.corsPolicy)
    for (const match of matches) {
      routes.push({
        name: rule.name ?? '',
        match,
        action,
        requestHeaders,
        responseHeaders,
        ...(fault === undefined ? {} : { fault }),
        ...(cors === undefined ? {} : { cors }),
      })
      if (matchesEverything(match)) return routes
    }
  }
  return routes
}

function matchesOf(rule: HttpRoute, { view, port }: DestinationContext): readonly RouteMatch[] {
  if ((rule.match ?? []).length === 0) return [everything]
  return (rule.match ?? []).flatMap(match => routeMatchFrom(match, { namespace: view.scope.namespace, port }) ?? [])
}

/** Undefined for rules that only delegate: their routes are elsewhere. */
function actionOf(rule: HttpRoute, context: DestinationContext): RouteAction | undefined {
  if (rule.redirect !== undefined) return redirect(rule.redirect)
  if (rule.directResponse !== undefined) return respond(rule.directResponse)
  return (rule.route ?? []).length === 0 ? undefined : forward(rule, context)
}

function redirect({ uri, authority, scheme, port, redirectCode }: HttpRedirect): RouteAction {
  return {
    kind: 'redirect',
    code: redirectCode === undefined || redirectCode === 0 ? 301 : redirectCode,
    ...(uri === undefined ? {} : { path: uri }),
    ...(authority === undefined ? {} : { authority }),
    ...(scheme === undefined ? {} : { scheme }),
    ...(port === undefined ? {} : { port }),
  }
}

function respond({ status, body }: HttpDirectResponse): RouteAction {
  return {
    kind: 'respond',
    status,
    ...(body?.string === undefined ? {} : { body: body.string }),
    ...(body?.bytes === undefined ? {} : { bodyBase64: body.bytes }),
  }
}

function forward(rule: HttpRoute, context: DestinationContext): ForwardAction {
  const { facts, view } = context
  const given = rule.route ?? []
  const weighted = given.length === 1 ? given : given.filter(({ weight }) => (weight ?? 0) > 0)
  const resolved = weighted.map(one => ({ one, to: destinationOf(one.destination, context) }))
  const first = resolved.find(({ to }) => to.service !== undefined)?.to
  const rewrite = rewriteFrom(rule.rewrite, headerChangesFrom(rule.headers).authority)
  const retry = retryFrom(rule.retries, meshOf(facts).defaultHttpRetryPolicy)
  return {
    kind: 'forward',
    clusters: resolved.map(({ one, to }) => ({
      cluster: to.cluster,
      weight: given.length === 1 ? 1 : (one.weight ?? 0),
      ...headerChangesFrom(one.headers),
    })),
    timeoutMs: rule.timeout === undefined ? 0 : durationMs(rule.timeout),
    ...(retry === undefined ? {} : { retry }),
    ...(rewrite === undefined ? {} : { rewrite }),
    mirrors: mirrorsOf(rule, context),
    hash:
      first?.service === undefined || first.port === undefined
        ? []
        : hashPolicyOf(facts, view.scope.namespace, first.service, first.port),
  }
}

function mirrorsOf(rule: HttpRoute, context: DestinationContext): ForwardAction['mirrors'] {
  const single =
    rule.mirror === undefined
      ? []
      : [{ destination: rule.mirror, percent: rule.mirrorPercentage?.value ?? rule.mirrorPercent ?? 100 }]
  const several = (rule.mirrors ?? []).map(({ destination, percentage }) => ({
    destination,
    percent: percentage?.value ?? 100,
  }))
  return [...single, ...several]
    .filter(({ percent }) => percent > 0)
    .map(({ destination, percent }) => ({ cluster: destinationOf(destination, context).cluster, percent }))
}

function rewriteFrom(rewrite: HttpRewrite | undefined, headerAuthority: string | undefined): RewriteIr | undefined {
  const authority = headerAuthority ?? rewrite?.authority
  const regex = rewrite?.uriRegexRewrite
  if (authority === undefined && rewrite?.uri === undefined && regex === undefined) return undefined
  return {
    ...(rewrite?.uri === undefined || rewrite.uri === '' ? {} : { prefix: rewrite.uri }),
    ...(authority === undefined || authority === '' ? {} : { authority }),
    ...(regex?.match === undefined || regex.match === ''
      ? {}
      : { regex: { pattern: regex.match, substitution: regex.rewrite ?? '' } }),
  }
}
