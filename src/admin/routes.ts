/**
 * Every path that either HTTP side answers, in one table: method, path, on which side, who may call it, what it does.
 * A test walks the table, so that no path can be added without saying who may call it.
 */

import { MeshwrightError } from '../platform/errors.ts'
import { debugRoutes } from './routes/debug.ts'
import { distributionRoutes } from './routes/distribution.ts'
import { intermediateRoutes } from './routes/intermediate.ts'
import { logRoutes } from './routes/log.ts'
import { probeRoutes } from './routes/probes.ts'
import { proxyRoutes } from './routes/proxies.ts'
import { revocationRoutes } from './routes/revocations.ts'
import { rotationRoutes } from './routes/rotation.ts'
import type { Route } from './routes/route.ts'
import { tokenRoutes } from './routes/tokens.ts'

export const routes: readonly Route[] = [
  ...probeRoutes,
  ...proxyRoutes,
  ...tokenRoutes,
  ...rotationRoutes,
  ...intermediateRoutes,
  ...distributionRoutes,
  ...revocationRoutes,
  ...debugRoutes,
  ...logRoutes,
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
