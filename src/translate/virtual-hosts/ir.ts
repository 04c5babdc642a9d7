/** A virtual host as data: the same whether it travels alone or inside a route configuration. */

export interface VirtualHostIr {
  readonly kind: 'virtual-host'
  /** `HOST:PORT`, `allow_any` or `block_all`. */
  readonly name: string
  readonly domains: readonly string[]
  /** The first that matches is taken. */
  readonly routes: readonly RouteIr[]
}

export interface RouteIr {
  /** '' when it has none. */
  readonly name: string
  readonly match: RouteMatch
  readonly action: RouteAction
  readonly requestHeaders: HeaderChanges
  readonly responseHeaders: HeaderChanges
  readonly fault?: FaultIr
  readonly cors?: CorsIr
}

export interface RouteMatch {
  readonly path: PathMatch
  readonly headers: readonly NamedMatch[]
  readonly queryParameters: readonly NamedMatch[]
}

export interface PathMatch {
  readonly kind: 'exact' | 'prefix' | 'regex'
  readonly value: string
  readonly ignoreCase: boolean
}

/** What a value must be. A `regex` is the user's own, in RE2, of capped length; only Envoy runs it. */
export type ValueMatch =
  | { readonly kind: 'present' }
  | { readonly kind: 'exact' | 'prefix' | 'regex'; readonly value: string }

export interface NamedMatch {
  readonly name: string
  readonly value: ValueMatch
  /** The match must fail; a missing value counts as empty. */
  readonly inverted: boolean
}

export type RouteAction =
  | ForwardAction
  | {
      readonly kind: 'redirect'
      readonly code: number
      readonly path?: string
      readonly authority?: string
      readonly scheme?: string
      readonly port?: number
    }
  | { readonly kind: 'respond'; readonly status: number; readonly body?: string; readonly bodyBase64?: string }

export interface ForwardAction {
  readonly kind: 'forward'
  /** At least one. Weights matter only where there are several. */
  readonly clusters: readonly WeightedCluster[]
  /** 0: none. */
  readonly timeoutMs: number
  readonly retry?: RetryIr
  readonly rewrite?: RewriteIr
  readonly mirrors: readonly { readonly cluster: string; readonly percent: number }[]
  readonly hash: readonly HashIr[]
}

export interface WeightedCluster {
  readonly cluster: string
  readonly weight: number
  readonly authority?: string
  readonly requestHeaders: HeaderChanges
  readonly responseHeaders: HeaderChanges
}

export interface RetryIr {
  readonly attempts: number
  readonly on: string
  readonly statusCodes: readonly number[]
  readonly perTryTimeoutMs?: number
  readonly backoffMs?: number
  readonly previousHosts: 'avoid' | 'any'
}

export interface RewriteIr {
  readonly prefix?: string
  readonly authority?: string
  readonly regex?: { readonly pattern: string; readonly substitution: string }
}

export type HashIr =
  | { readonly kind: 'header' | 'query-parameter'; readonly name: string }
  | { readonly kind: 'cookie'; readonly name: string; readonly path: string; readonly ttlMs?: number }
  | { readonly kind: 'source-ip' }

export interface HeaderChanges {
  readonly set: readonly HeaderValue[]
  readonly add: readonly HeaderValue[]
  readonly remove: readonly string[]
}

export interface HeaderValue {
  readonly name: string
  readonly value: string
}

export interface FaultIr {
  readonly delay?: { readonly ms: number; readonly percent: number }
  readonly abort?: { readonly percent: number } & ({ readonly httpStatus: number } | { readonly grpcStatus: number })
}

export interface CorsIr {
  readonly origins: readonly ValueMatch[]
  readonly methods: string
  readonly headers: string
  readonly exposed: string
  readonly maxAgeSeconds?: number
  readonly credentials?: boolean
  readonly unmatchedPreflights?: 'forward' | 'ignore'
}

export const noChanges: HeaderChanges = Object.freeze<HeaderChanges>({ set: [], add: [], remove: [] })

export const everything: RouteMatch = Object.freeze<RouteMatch>({
  path: { kind: 'prefix', value: '/', ignoreCase: false },
  headers: [],
  queryParameters: [],
})
