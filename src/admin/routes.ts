/**
 * Every path that either HTTP side answers, in one table: method, path, on which side, who may call it, what it does.
 * A test walks the table, so that no path can be added without saying who may call it.
 */

import { MeshwrightError } from '../platform/errors.ts'
import type { DaemonView } from './daemon-view.ts'

export interface RouteRequest {
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: unknown
}

export interface RouteAnswer {
  readonly status: number
  readonly contentType: 'application/json' | 'text/plain; charset=utf-8'
  readonly body: string
}

export interface Route {
  readonly method: 'GET' | 'POST'
  /** `:name` matches one segment. */
  readonly path: string
  /** `http`: plaintext, for probes and scrapers; `management`: TLS with the admin credential. */
  readonly side: 'http' | 'management'
  readonly access: 'anyone' | 'admin'
  handle(daemon: DaemonView, request: RouteRequest): RouteAnswer | Promise<RouteAnswer>
}

const json = (value: unknown, status = 200): RouteAnswer => ({
  status,
  contentType: 'application/json',
  body: `${JSON.stringify(value)}\n`,
})
const text = (body: string, status = 200): RouteAnswer => ({ status, contentType: 'text/plain; charset=utf-8', body })

export const routes: readonly Route[] = [
  {
    method: 'GET',
    path: '/ready',
    side: 'http',
    access: 'anyone',
    handle(daemon) {
      const { ready, waitingFor } = daemon.readiness()
      return ready ? text('ready\n') : text(`not ready: ${waitingFor.join(', ')}\n`, 503)
    },
  },
  { method: 'GET', path: '/healthz', side: 'http', access: 'anyone', handle: () => text('ok\n') },
  {
    method: 'GET',
    path: '/metrics',
    side: 'http',
    access: 'anyone',
    handle: async daemon => text(await daemon.metrics()),
  },
  {
    method: 'GET',
    path: '/version',
    side: 'http',
    access: 'anyone',
    handle: daemon => json({ version: daemon.version }),
  },
  { method: 'GET', path: '/v1/proxies', side: 'management', access: 'admin', handle: daemon => json(daemon.proxies()) },
  {
    method: 'GET',
    path: '/v1/proxies/:node/resources/:type',
    side: 'management',
    access: 'admin',
    handle: (daemon, { parameters }) => json(daemon.proxyResources(parameters.node ?? '', parameters.type ?? '')),
  },
  {
    method: 'POST',
    path: '/v1/tokens',
    side: 'management',
    access: 'admin',
    handle: async (daemon, { body }) => json(await daemon.createToken(tokenRequestFrom(body)), 201),
  },
  {
    method: 'GET',
    path: '/v1/trust-bundle',
    side: 'management',
    access: 'admin',
    handle: daemon => text(daemon.trustBundlePem()),
  },
  {
    method: 'GET',
    path: '/debug/config',
    side: 'management',
    access: 'admin',
    handle: daemon => json(daemon.configStatus()),
  },
  {
    method: 'GET',
    path: '/debug/graph',
    side: 'management',
    access: 'admin',
    handle: daemon => text(daemon.graphDiagram()),
  },
]

export interface RouteMatch {
  readonly route: Route
  readonly parameters: Readonly<Record<string, string>>
}

/** Throws `PATH_UNKNOWN` or `METHOD_NOT_ALLOWED`. `path` is still percent-encoded. */
export function routeFor(side: Route['side'], method: string, path: string): RouteMatch {
  let methodMismatch = false
  for (const route of routes) {
    if (route.side !== side) continue
    const parameters = matchPath(route.path, path)
    if (parameters === undefined) continue
    if (route.method === method) return { route, parameters }
    methodMismatch = true
  }
  if (methodMismatch)
    throw new MeshwrightError('METHOD_NOT_ALLOWED', { message: `${method} is not allowed on ${path}` })
  throw new MeshwrightError('PATH_UNKNOWN', { message: `nothing is at ${path}` })
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [i, segment] of wanted.entries()) {
    const actual = given[i] ?? ''
    if (!segment.startsWith(':')) {
      if (segment !== actual) return undefined
      continue
    }
    try {
      parameters[segment.slice(1)] = decodeURIComponent(actual)
    } catch {
      return undefined
    }
  }
  return parameters
}

const longestTokenTtlSeconds = 30 * 24 * 3600

function tokenRequestFrom(body: unknown): TokenRequestShape {
  const { namespace, serviceAccount, ttlSeconds } = (typeof body === 'object' && body !== null ? body : {}) as Record<
    string,
    unknown
  >
  if (typeof namespace !== 'string' || namespace === '') throw badRequest('namespace: a name is needed')
  if (typeof serviceAccount !== 'string' || serviceAccount === '') throw badRequest('serviceAccount: a name is needed')
  if (typeof ttlSeconds !== 'number' || !(ttlSeconds > 0 && ttlSeconds <= longestTokenTtlSeconds)) {
    throw badRequest(`ttlSeconds: a number between 1 and ${longestTokenTtlSeconds} is needed`)
  }
  return { namespace, serviceAccount, ttlSeconds }
}

type TokenRequestShape = Parameters<DaemonView['createToken']>[0]

function badRequest(message: string): MeshwrightError {
  return new MeshwrightError('REQUEST_INVALID', { message })
}
