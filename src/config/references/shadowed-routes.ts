/**
 * Routes that no request reaches because of another VirtualService: those of one host on one Gateway are merged, the oldest
 * object's first, and what takes every request of the host comes after all the rest. Computed once a host and Gateway.
 */

import type { Collection, Graph, Source } from '../../graph/graph.ts'
import type { ObjectOf } from '../kinds/catalogue.ts'
import type { HttpMatch } from '../kinds/http-match.ts'
import { type RouteMatches, shadowedRoutes } from '../kinds/route-shadowing.ts'
import { qualifiedHost } from '../meaning/hostname.ts'
import { bySeniority } from '../meaning/seniority.ts'
import { objectKey } from '../object.ts'
import type { Finding } from './finding.ts'
import { gatewayKey } from './gateways.ts'

type VirtualService = ObjectOf<'VirtualService'>

/** A route or a match of one object, and what of another comes before it. */
export interface ShadowedRoute {
  /** `objectKey`. */
  readonly object: string
  readonly field: string
  readonly by: { readonly object: string; readonly field: string }
}

/** By `gatewayHostTerms`; absent where every route is reached. */
export function deriveShadowedRoutes(
  graph: Graph,
  virtualServices: Source<VirtualService>,
  domain: string,
): Collection<readonly ShadowedRoute[]> {
  const byHost = virtualServices.index('gateway and host', object => gatewayHostTerms(object, domain))
  return graph.derive({
    name: 'shadowed routes',
    from: graph.terms('gateways and hosts', byHost),
    reads: { byHost },
    map(term, _key, reads) {
      const found = shadowedAcross(reads.byHost.lookup(term), term.slice(0, term.indexOf(' ')))
      return found.length === 0 ? undefined : found
    },
  })
}

/** `namespace/gateway host`, for each of its gateways but the mesh's own and each of its hosts. */
export function gatewayHostTerms({ metadata: { namespace }, spec }: VirtualService, domain: string): readonly string[] {
  const gateways = (spec.gateways ?? []).filter(gateway => gateway !== 'mesh')
  return gateways.flatMap(gateway =>
    (spec.hosts ?? []).map(host => `${gatewayKey(gateway, namespace)} ${qualifiedHost(host, namespace, domain)}`),
  )
}

/** Told on both: on the one whose route is not reached, and on the one that takes its requests. */
export function shadowFindings(object: VirtualService, shadowed: readonly ShadowedRoute[]): readonly Finding[] {
  const key = objectKey(object)
  const seen = new Set<string>()
  return shadowed.flatMap((each): readonly Finding[] => {
    const { field, by } = each
    const id = `${each.object} ${field} ${by.object} ${by.field}`
    if (seen.has(id)) return []
    seen.add(id)
    if (each.object === key) {
      return [
        {
          code: 'ROUTE_SHADOWED',
          field,
          reason: `no request reaches it: ${by.field} of VirtualService ${by.object}, which is for the same host and gateway and older, takes all that it matches`,
          remedy: 'move it there before that route, or make the matches distinct',
        },
      ]
    }
    if (by.object !== key) return []
    return [
      {
        code: 'ROUTE_SHADOWED',
        field: by.field,
        reason: `takes all requests that ${field} of VirtualService ${each.object}, for the same host and gateway, matches`,
        remedy: 'make the matches distinct, or merge the two objects',
      },
    ]
  })
}

function shadowedAcross(objects: readonly VirtualService[], gateway: string): readonly ShadowedRoute[] {
  if (objects.length < 2) return []
  const all = [...objects].sort(bySeniority).flatMap(object => matchesAt(object, gateway))
  const ordered = [...all.filter(match => !match.isCatchAll), ...all.filter(match => match.isCatchAll)]
  // Each match a route of its own, so that catch-alls can be moved; the place is its number.
  const routes: readonly RouteMatches[] = ordered.map(({ match }, index) => ({
    field: String(index),
    matches: match === undefined ? [] : [match],
  }))
  return shadowedRoutes(routes).flatMap(({ field, by }): readonly ShadowedRoute[] => {
    const late = ordered[Number(field)]
    const early = ordered[Number.parseInt(by, 10)]
    if (late === undefined || early === undefined || late.object === early.object) return []
    return [{ object: late.object, field: late.field, by: { object: early.object, field: early.field } }]
  })
}

interface MatchAt {
  readonly object: string
  readonly field: string
  /** Undefined: the route has none, and takes everything. */
  readonly match: HttpMatch | undefined
  readonly isCatchAll: boolean
}

/** Of the matches of an object those that are for the gateway. */
function matchesAt(object: VirtualService, gateway: string): readonly MatchAt[] {
  const { metadata, spec } = object
  const key = objectKey(object)
  return (spec.http ?? []).flatMap(({ match = [] }, index): readonly MatchAt[] => {
    const field = `spec.http[${index}]`
    if (match.length === 0) return [{ object: key, field, match: undefined, isCatchAll: true }]
    return match.flatMap(({ gateways = [], ...rest }, at): readonly MatchAt[] => {
      const isHere = gateways.length === 0 || gateways.some(each => gatewayKey(each, metadata.namespace) === gateway)
      if (!isHere) return []
      return [{ object: key, field: `${field}.match[${at}]`, match: rest, isCatchAll: isCatchAll(rest) }]
    })
  })
}

function isCatchAll({ uri = {}, name: _name, statPrefix: _stat, ignoreUriCase: _case, ...others }: HttpMatch): boolean {
  const takesEveryPath =
    uri.exact === undefined && ((uri.prefix ?? '/') === '/' || uri.prefix === '') && (uri.regex ?? '.*') === '.*'
  return takesEveryPath && Object.values(others).every(isNothing)
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === '' || value === 0) return true
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
