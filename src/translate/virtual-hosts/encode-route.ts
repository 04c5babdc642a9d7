/** Routes as `envoy.config.route.v3.Route`. */

import { type Any, any, type Plain } from '../envoy-messages.ts'
import { durationFromMs, wrapped } from '../well-known.ts'
import { encodeMatch, stringMatcher } from './encode-match.ts'
import type {
  CorsIr,
  FaultIr,
  ForwardAction,
  HashIr,
  HeaderChanges,
  RetryIr,
  RouteAction,
  RouteIr,
  WeightedCluster,
} from './ir.ts'

export function encodeRoute(route: RouteIr): Plain {
  const perFilter = {
    ...(route.fault === undefined ? {} : { 'envoy.filters.http.fault': fault(route.fault) }),
    ...(route.cors === undefined ? {} : { 'envoy.filters.http.cors': cors(route.cors) }),
  }
  return {
    ...(route.name === '' ? {} : { name: route.name }),
    match: encodeMatch(route.match),
    ...action(route.action),
    ...headerChanges('request', route.requestHeaders),
    ...headerChanges('response', route.responseHeaders),
    ...(Object.keys(perFilter).length === 0 ? {} : { typedPerFilterConfig: perFilter }),
  }
}

function action(action: RouteAction): Plain {
  switch (action.kind) {
    case 'forward':
      return { route: forward(action) }
    case 'redirect':
      return {
        redirect: {
          ...(action.path === undefined ? {} : { pathRedirect: action.path }),
          ...(action.authority === undefined ? {} : { hostRedirect: action.authority }),
          ...(action.scheme === undefined ? {} : { schemeRedirect: action.scheme }),
          ...(action.port === undefined ? {} : { portRedirect: action.port }),
          responseCode: redirectCodes[action.code] ?? 'MOVED_PERMANENTLY',
        },
      }
    case 'respond':
      return { directResponse: { status: action.status, ...body(action) } }
  }
}

const redirectCodes: Readonly<Record<number, string>> = {
  301: 'MOVED_PERMANENTLY',
  302: 'FOUND',
  303: 'SEE_OTHER',
  307: 'TEMPORARY_REDIRECT',
  308: 'PERMANENT_REDIRECT',
}

function body({ body, bodyBase64 }: { readonly body?: string; readonly bodyBase64?: string }): Plain {
  if (body !== undefined) return { body: { inlineString: body } }
  return bodyBase64 === undefined ? {} : { body: { inlineBytes: Buffer.from(bodyBase64, 'base64') } }
}

function forward({ clusters, timeoutMs, retry, rewrite, mirrors, hash }: ForwardAction): Plain {
  return {
    ...target(clusters),
    timeout: durationFromMs(timeoutMs),
    ...(retry === undefined ? {} : { retryPolicy: retryPolicy(retry) }),
    ...(rewrite?.prefix === undefined ? {} : { prefixRewrite: rewrite.prefix }),
    ...(rewrite?.regex === undefined
      ? {}
      : {
          regexRewrite: { pattern: { regex: rewrite.regex.pattern }, substitution: rewrite.regex.substitution },
        }),
    ...(rewrite?.authority === undefined ? {} : { hostRewriteLiteral: rewrite.authority }),
    ...(mirrors.length === 0
      ? {}
      : {
          requestMirrorPolicies: mirrors.map(({ cluster, percent }) => ({
            cluster,
            runtimeFraction: { defaultValue: fraction(percent) },
          })),
        }),
    ...(hash.length === 0 ? {} : { hashPolicy: hash.map(hashPolicy) }),
  }
}

/** A single cluster's own header changes need the weighted form as well. */
function target(clusters: readonly WeightedCluster[]): Plain {
  const [only] = clusters
  if (only === undefined) return { cluster: 'BlackHoleCluster' }
  if (clusters.length === 1 && !isChanged(only)) return { cluster: only.cluster }
  return {
    weightedClusters: {
      clusters: clusters.map(one => ({
        name: one.cluster,
        weight: wrapped(one.weight),
        ...headerChanges('request', one.requestHeaders),
        ...headerChanges('response', one.responseHeaders),
        ...(one.authority === undefined ? {} : { hostRewriteLiteral: one.authority }),
      })),
    },
  }
}

const isChanged = (cluster: WeightedCluster): boolean =>
  cluster.authority !== undefined ||
  [cluster.requestHeaders, cluster.responseHeaders].some(
    ({ set, add, remove }) => set.length + add.length + remove.length > 0,
  )

function headerChanges(of: 'request' | 'response', { set, add, remove }: HeaderChanges): Plain {
  const option = (appendAction: string) => (header: { readonly name: string; readonly value: string }) => ({
    header: { key: header.name, value: header.value },
    appendAction,
  })
  const toAdd = [...set.map(option('OVERWRITE_IF_EXISTS_OR_ADD')), ...add.map(option('APPEND_IF_EXISTS_OR_ADD'))]
  return {
    ...(toAdd.length === 0 ? {} : { [`${of}HeadersToAdd`]: toAdd }),
    ...(remove.length === 0 ? {} : { [`${of}HeadersToRemove`]: remove }),
  }
}

/** Istio's five attempts at finding another host. */
function retryPolicy({ attempts, on, statusCodes, perTryTimeoutMs, backoffMs, previousHosts }: RetryIr): Plain {
  return {
    retryOn: on,
    numRetries: wrapped(attempts),
    ...(statusCodes.length === 0 ? {} : { retriableStatusCodes: statusCodes }),
    ...(perTryTimeoutMs === undefined ? {} : { perTryTimeout: durationFromMs(perTryTimeoutMs) }),
    ...(backoffMs === undefined ? {} : { retryBackOff: { baseInterval: durationFromMs(backoffMs) } }),
    ...(previousHosts === 'any'
      ? {}
      : {
          retryHostPredicate: [
            {
              name: 'envoy.retry_host_predicates.previous_hosts',
              typedConfig: any('envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate', {}),
            },
          ],
          hostSelectionRetryMaxAttempts: 5,
        }),
  }
}

function hashPolicy(hash: HashIr): Plain {
  switch (hash.kind) {
    case 'header':
      return { header: { headerName: hash.name } }
    case 'query-parameter':
      return { queryParameter: { name: hash.name } }
    case 'source-ip':
      return { connectionProperties: { sourceIp: true } }
    case 'cookie':
      return {
        cookie: {
          name: hash.name,
          path: hash.path,
          ...(hash.ttlMs === undefined ? {} : { ttl: durationFromMs(hash.ttlMs) }),
        },
      }
  }
}

function fault({ delay, abort }: FaultIr): Any {
  return any('envoy.extensions.filters.http.fault.v3.HTTPFault', {
    ...(delay === undefined
      ? {}
      : { delay: { fixedDelay: durationFromMs(delay.ms), percentage: fraction(delay.percent) } }),
    ...(abort === undefined
      ? {}
      : {
          abort: {
            ...('httpStatus' in abort ? { httpStatus: abort.httpStatus } : { grpcStatus: abort.grpcStatus }),
            percentage: fraction(abort.percent),
          },
        }),
  })
}

function cors(policy: CorsIr): Any {
  const { maxAgeSeconds, credentials, unmatchedPreflights } = policy
  return any('envoy.extensions.filters.http.cors.v3.CorsPolicy', {
    allowOriginStringMatch: policy.origins.map(stringMatcher),
    ...(policy.methods === '' ? {} : { allowMethods: policy.methods }),
    ...(policy.headers === '' ? {} : { allowHeaders: policy.headers }),
    ...(policy.exposed === '' ? {} : { exposeHeaders: policy.exposed }),
    ...(maxAgeSeconds === undefined ? {} : { maxAge: String(maxAgeSeconds) }),
    ...(credentials === undefined ? {} : { allowCredentials: wrapped(credentials) }),
    ...(unmatchedPreflights === undefined
      ? {}
      : { forwardNotMatchingPreflights: wrapped(unmatchedPreflights === 'forward') }),
  })
}

/** `envoy.type.v3.FractionalPercent`: to a ten-thousandth of a percent. */
const fraction = (percent: number): Plain => ({
  numerator: Math.min(1_000_000, Math.round(percent * 10_000)),
  denominator: 'MILLION',
})
