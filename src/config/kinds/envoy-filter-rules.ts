/** What a patch may say: a place that has what is matched, an operation that the place knows, a value that Envoy can read. */

import { checkPatchValue } from '../envoy-values/patch-value.ts'
import { longestRegex } from '../schema/fields.ts'
import { regexFault } from '../schema/regex-syntax.ts'
import type { EnvoyFilterMatch, EnvoyFilterPatch, EnvoyFilterSpec } from './envoy-filter.ts'
import type { Report } from './kind.ts'
import { checkPolicySelection } from './policy-selection.ts'
import { checkSelector } from './workload-selector.ts'

export function checkEnvoyFilter(spec: EnvoyFilterSpec, report: Report): void {
  if (spec.workloadSelector !== undefined) checkSelector(spec.workloadSelector.labels, 'spec.workloadSelector', report)
  checkPolicySelection({ targetRefs: spec.targetRefs }, report)
  for (const [index, patch] of (spec.configPatches ?? []).entries())
    checkPatch(patch, `spec.configPatches[${index}]`, report)
}

type ApplyTo = Exclude<NonNullable<EnvoyFilterPatch['applyTo']>, 'INVALID'>
type Operation = Exclude<NonNullable<NonNullable<EnvoyFilterPatch['patch']>['operation']>, 'INVALID'>

function checkPatch({ applyTo = 'INVALID', match, patch }: EnvoyFilterPatch, field: string, report: Report): void {
  if (match !== undefined) checkMatch(match, `${field}.match`, report)
  const operation = patch?.operation ?? 'INVALID'
  if (operation === 'INVALID') report.error(`${field}.patch.operation`, 'is required', 'say how the value is applied')
  if (applyTo === 'INVALID') {
    report.error(`${field}.applyTo`, 'is required', 'say what is patched')
    return
  }
  if (match !== undefined) checkMatchOf(applyTo, match, `${field}.match`, report)
  if (operation === 'INVALID') return
  if (!isPossible(applyTo, operation))
    report.warning(`${field}.patch.operation`, `${operation} does nothing with ${applyTo}`, 'use MERGE')
  const value = patch?.value
  if (value !== undefined)
    checkPatchValue(
      { applyTo, value, isWhole: !operation.startsWith('MERGE') && operation !== 'REMOVE' },
      `${field}.patch.value`,
      report,
    )
  else if (operation !== 'REMOVE')
    report.error(`${field}.patch.value`, `is required with operation ${operation}`, 'write what is applied')
}

const filters: ReadonlySet<ApplyTo> = new Set(['NETWORK_FILTER', 'HTTP_FILTER', 'LISTENER_FILTER'])

function isPossible(applyTo: ApplyTo, operation: Operation): boolean {
  switch (operation) {
    case 'MERGE':
    case 'MERGE_AND_REPLACE_LIST':
      return true
    case 'REPLACE':
      return filters.has(applyTo)
    case 'ADD':
      return applyTo !== 'ROUTE_CONFIGURATION' && applyTo !== 'BOOTSTRAP'
    case 'REMOVE':
      return applyTo !== 'ROUTE_CONFIGURATION' && applyTo !== 'BOOTSTRAP'
    case 'INSERT_BEFORE':
    case 'INSERT_AFTER':
    case 'INSERT_FIRST':
      return filters.has(applyTo) || applyTo === 'HTTP_ROUTE'
  }
}

function checkMatch(match: EnvoyFilterMatch, field: string, report: Report): void {
  const version = match.proxy?.proxyVersion ?? ''
  if (version === '') return
  const place = `${field}.proxy.proxyVersion`
  if (version.length > longestRegex) {
    report.warning(place, `is longer than ${longestRegex} characters, and is ignored`, 'write a shorter expression')
    return
  }
  const fault = regexFault(version)
  if (fault !== undefined) report.error(place, `is not an RE2 regular expression: ${fault}`)
}

const matchOf: Readonly<Partial<Record<ApplyTo, 'listener' | 'routeConfiguration' | 'cluster'>>> = {
  LISTENER: 'listener',
  FILTER_CHAIN: 'listener',
  NETWORK_FILTER: 'listener',
  HTTP_FILTER: 'listener',
  ROUTE_CONFIGURATION: 'routeConfiguration',
  VIRTUAL_HOST: 'routeConfiguration',
  HTTP_ROUTE: 'routeConfiguration',
  CLUSTER: 'cluster',
}

function checkMatchOf(applyTo: ApplyTo, match: EnvoyFilterMatch, field: string, report: Report): void {
  // A waypoint has listeners, routes and clusters of its own; its match names any of them.
  if (match.context === 'WAYPOINT') return
  const wanted = matchOf[applyTo]
  const given = (['listener', 'routeConfiguration', 'cluster'] as const).find(name => match[name] !== undefined)
  if (wanted === undefined || given === undefined) return
  if (given !== wanted) report.error(`${field}.${given}`, `cannot choose a ${applyTo}`, `use ${wanted}`)
  else if (wanted === 'listener') checkFilterMatch(applyTo, match, `${field}.listener.filterChain.filter`, report)
}

const connectionManagers: ReadonlySet<string> = new Set([
  'envoy.filters.network.http_connection_manager',
  'envoy.http_connection_manager',
])

function checkFilterMatch(applyTo: ApplyTo, match: EnvoyFilterMatch, field: string, report: Report): void {
  const filter = match.listener?.filterChain?.filter
  if (filter === undefined) return
  if (applyTo === 'LISTENER' || applyTo === 'FILTER_CHAIN')
    report.warning(field, `has no meaning with ${applyTo}`, 'remove it')
  const name = filter.name ?? ''
  if (name === '') {
    report.error(`${field}.name`, 'is required', 'name the network filter')
    return
  }
  checkFilterName(name, `${field}.name`, report)
  if (filter.subFilter === undefined) return
  if (applyTo !== 'HTTP_FILTER')
    report.error(`${field}.subFilter`, `cannot choose a ${applyTo}`, 'use applyTo HTTP_FILTER, or remove it')
  else if (!connectionManagers.has(name))
    report.error(
      `${field}.subFilter`,
      `${name} has no HTTP filters`,
      'name envoy.filters.network.http_connection_manager around it',
    )
  else if ((filter.subFilter.name ?? '') === '')
    report.error(`${field}.subFilter.name`, 'is required', 'name the HTTP filter')
  else checkFilterName(filter.subFilter.name ?? '', `${field}.subFilter.name`, report)
}

/** Names of before Envoy 1.14: `envoy.lua` is `envoy.filters.http.lua` today. */
function checkFilterName(name: string, field: string, report: Report): void {
  const today = renamed.get(name)
  if (today !== undefined) report.warning(field, `${name} is an old name, which no filter has`, `use ${today}`)
}

const renamed: ReadonlyMap<string, string> = new Map([
  ...['buffer', 'cors', 'csrf', 'fault', 'grpc_http1_bridge', 'grpc_json_transcoder', 'grpc_web', 'gzip', 'lua'].map(
    name => [`envoy.${name}`, `envoy.filters.http.${name}`] as const,
  ),
  ...['health_check', 'ip_tagging', 'router', 'squash'].map(
    name => [`envoy.${name}`, `envoy.filters.http.${name}`] as const,
  ),
  ...['http_connection_manager', 'mongo_proxy', 'ratelimit', 'redis_proxy', 'tcp_proxy', 'client_ssl_auth'].map(
    name => [`envoy.${name}`, `envoy.filters.network.${name}`] as const,
  ),
  ['envoy.http_dynamo_filter', 'envoy.filters.http.dynamo'],
  ['envoy.rate_limit', 'envoy.filters.http.ratelimit'],
  ['envoy.ext_authz', 'envoy.filters.http.ext_authz'],
])
