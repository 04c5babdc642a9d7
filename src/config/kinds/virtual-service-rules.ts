/** What a VirtualService may say, beyond its form. */

import { checkDestination } from './destination.ts'
import { checkExportTo } from './export-to.ts'
import { HostPatterns, overlaps } from './host-patterns.ts'
import { isHostLabel, isHostname, isIpAddress, isIpOrCidr, isPort, isWildcardHost } from './host-syntax.ts'
import { type HttpMatch, isClaim } from './http-match.ts'
import { checkHttpRoute } from './http-route-rules.ts'
import type { Report } from './kind.ts'
import { shadowedRoutes } from './route-shadowing.ts'
import { checkWeights } from './route-weights.ts'
import type { RouteDestination, TcpRoute, TlsRoute, VirtualServiceSpec } from './virtual-service.ts'

/** An object of a thousand routes with one mistake at its top is told of that mistake, not of a thousand. */
const mostTold = 20

export function checkVirtualService(spec: VirtualServiceSpec, namespace: string, report: Report): void {
  const hosts = spec.hosts ?? []
  const gateways = spec.gateways ?? []
  if (hosts.length === 0) checkDelegate(spec, report)
  const appliesTo = gateways.length === 0 || gateways.includes('mesh') ? 'mesh' : 'gateways'
  checkHosts(hosts, appliesTo, report)
  checkGateways(gateways, 'spec.gateways', report)
  if ((spec.http ?? []).length + (spec.tls ?? []).length + (spec.tcp ?? []).length === 0)
    report.error('spec', 'routes nothing', 'add http, tls or tcp')
  const role = hosts.length === 0 ? 'delegate' : 'root'
  for (const [index, route] of (spec.http ?? []).entries()) {
    const field = `spec.http[${index}]`
    checkHttpRoute(route, { field, role }, report)
    for (const [at, match] of (route.match ?? []).entries()) {
      checkGateways(match.gateways ?? [], `${field}.match[${at}].gateways`, report)
      if (role === 'root' && appliesTo === 'mesh') checkNoClaims(match, `${field}.match[${at}]`, report)
    }
  }
  const names = new HostPatterns(hosts)
  for (const [index, route] of (spec.tls ?? []).entries())
    checkTlsRoute(route, { field: `spec.tls[${index}]`, hosts: names }, report)
  for (const [index, route] of (spec.tcp ?? []).entries()) checkTcpRoute(route, `spec.tcp[${index}]`, report)
  checkShadowing(spec, report)
  checkExportTo(spec.exportTo, { namespace, invisible: 'refused' }, report)
}

/** Only gateways verify tokens before they choose a route. */
function checkNoClaims(match: HttpMatch, field: string, report: Report): void {
  for (const name of ['headers', 'withoutHeaders'] as const) {
    for (const header of Object.keys(match[name] ?? {}).filter(isClaim))
      report.error(`${field}.${name}.${header}`, 'is possible on gateways only', 'leave mesh out of the gateways')
  }
}

function checkDelegate(spec: VirtualServiceSpec, report: Report): void {
  for (const name of ['gateways', 'tls', 'tcp'] as const) {
    if ((spec[name] ?? []).length > 0)
      report.error(`spec.${name}`, 'has no meaning without hosts', 'name hosts; without them this is a delegate')
  }
}

function checkHosts(hosts: readonly string[], appliesTo: 'mesh' | 'gateways', report: Report): void {
  for (const [index, host] of hosts.entries()) {
    const field = `spec.hosts[${index}]`
    if (!isWildcardHost(host) && !isIpAddress(host)) report.error(field, `'${host}' is not a host name`)
    else if (host === '*' && appliesTo === 'mesh')
      report.error(field, "'*' would take over every host of the mesh", 'name hosts, or bind it to gateways only')
  }
  for (const { index, before } of overlaps(hosts).slice(0, mostTold))
    report.error(`spec.hosts[${index}]`, `overlaps with ${before}`, 'keep one of the two')
}

export function checkGateways(gateways: readonly string[], field: string, report: Report): void {
  for (const [index, gateway] of gateways.entries()) {
    const parts = gateway.split('/')
    const valid = parts.length === 1 ? isHostname(gateway) : parts.length === 2 && parts.every(isHostLabel)
    if (!valid)
      report.error(`${field}[${index}]`, `'${gateway}' is not a gateway`, 'write mesh, name or namespace/name')
  }
}

interface TlsPlace {
  readonly field: string
  readonly hosts: HostPatterns
}

function checkTlsRoute(route: TlsRoute, { field, hosts }: TlsPlace, report: Report): void {
  if (route.match.length === 0) report.error(`${field}.match`, 'is empty', 'match on sniHosts')
  for (const [index, match] of route.match.entries()) {
    const place = `${field}.match[${index}]`
    if (match.sniHosts.length === 0) report.error(`${place}.sniHosts`, 'is empty', 'name a host')
    for (const [at, host] of match.sniHosts.entries()) {
      if (!isWildcardHost(host)) report.error(`${place}.sniHosts[${at}]`, `'${host}' is not a host name`)
      else if (!hosts.cover(host))
        report.error(
          `${place}.sniHosts[${at}]`,
          `${host} is not within the hosts of the VirtualService`,
          'add it to spec.hosts',
        )
    }
    checkConnectionMatch(match, place, report)
  }
  checkRouteDestinations(route.route ?? [], `${field}.route`, report)
}

function checkTcpRoute(route: TcpRoute, field: string, report: Report): void {
  for (const [index, match] of (route.match ?? []).entries())
    checkConnectionMatch(match, `${field}.match[${index}]`, report)
  checkRouteDestinations(route.route ?? [], `${field}.route`, report)
}

type ConnectionMatch = NonNullable<TcpRoute['match']>[number]

function checkConnectionMatch(match: ConnectionMatch, field: string, report: Report): void {
  for (const [index, subnet] of (match.destinationSubnets ?? []).entries()) {
    if (!isIpOrCidr(subnet))
      report.error(`${field}.destinationSubnets[${index}]`, `'${subnet}' is neither an IP address nor a CIDR range`)
  }
  if ((match.port ?? 0) !== 0 && !isPort(match.port ?? 0))
    report.error(`${field}.port`, `${match.port} is not a port`, 'use 1 to 65535')
  checkGateways(match.gateways ?? [], `${field}.gateways`, report)
}

function checkRouteDestinations(destinations: readonly RouteDestination[], field: string, report: Report): void {
  if (destinations.length === 0) report.error(field, 'is empty', 'name a destination')
  for (const [index, { destination }] of destinations.entries())
    checkDestination(destination, `${field}[${index}].destination`, report)
  checkWeights(destinations, field, report)
}

function checkShadowing(spec: VirtualServiceSpec, report: Report): void {
  const http = shadowedRoutes(
    (spec.http ?? []).map(({ match = [] }, index) => ({ field: `spec.http[${index}]`, matches: match })),
  )
  const connections = (['tls', 'tcp'] as const).flatMap(protocol =>
    repeatedMatches(
      (spec[protocol] ?? []).map(({ match = [] }) => match),
      `spec.${protocol}`,
    ),
  )
  const all = [...http, ...connections]
  for (const { field, by } of all.slice(0, mostTold))
    report.warning(field, `is never reached: ${by} takes all that it matches`, 'move it up, or remove it')
  const more = all.length - mostTold
  if (more > 0) report.warning('spec', `${more} more routes or matches are never reached`, 'see the warnings before')
}

/** Of routes of connections, those whose matches have all been there, or that stand behind one without any. */
function repeatedMatches(
  routes: readonly (readonly object[])[],
  field: string,
): readonly { readonly field: string; readonly by: string }[] {
  const first = new Map<string, string>()
  return routes.flatMap((matches, index) => {
    const place = `${field}[${index}]`
    const keys = matches.length === 0 ? ['{}'] : matches.map(match => JSON.stringify(match))
    const by = first.get('{}') ?? (keys.every(key => first.has(key)) ? first.get(keys[0] ?? '') : undefined)
    for (const key of keys) if (!first.has(key)) first.set(key, place)
    return by === undefined ? [] : [{ field: place, by }]
  })
}
