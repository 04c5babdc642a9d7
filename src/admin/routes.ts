/** Finding the endpoint of a request in a table of them. The table of the daemon is in `src/daemon/endpoints.ts`. */

import { MeshwrightError } from '../platform/errors.ts'
import { debugRoutes } from './routes/debug.ts'
import { distributionRoutes } from './routes/distribution.ts'
import { doctorRoutes } from './routes/doctor.ts'
import { intermediateRoutes } from './routes/intermediate.ts'
import { logRoutes } from './routes/log.ts'
import { probeRoutes } from './routes/probes.ts'
import { proxyRoutes } from './routes/proxies.ts'
import { revocationRoutes } from './routes/revocations.ts'
import { rotationRoutes } from './routes/rotation.ts'
import type { Method, Refuse, Route, Side } from './routes/route.ts'
import { statusRoutes } from './routes/status.ts'
import { tokenRoutes } from './routes/tokens.ts'

/** Those that are answered from the daemon's view alone. */
export const viewRoutes: readonly Route[] = [
  ...probeRoutes,
  ...proxyRoutes,
  ...statusRoutes,
  ...tokenRoutes,
  ...rotationRoutes,
  ...doctorRoutes,
  ...intermediateRoutes,
  ...distributionRoutes,
  ...revocationRoutes,
  ...debugRoutes,
  ...logRoutes,
]

export type RouteMatch =
  | { readonly kind: 'found'; readonly route: Route; readonly parameters: Readonly<Record<string, string>> }
  | { readonly kind: 'other method'; readonly allowed: readonly Method[]; readonly refuse: Refuse | undefined }
  | { readonly kind: 'none' }

export type Router = (side: Side, method: string, path: string) => RouteMatch

/** The first path of the table that fits decides, and its endpoints are the methods that there are. `path` is still percent-encoded. */
export function createRouter(routes: readonly Route[]): Router {
  const split = routes.map(route => ({ route, segments: route.path.split('/') }))
  return (side, method, path) => {
    const given = path.split('/')
    const wanted = method === 'HEAD' ? 'GET' : method
    const others: Route[] = []
    for (const { route, segments } of split) {
      if (route.side !== side || (others[0] !== undefined && others[0].path !== route.path)) continue
      const parameters = matchSegments(segments, given)
      if (parameters === undefined) continue
      if (route.method === wanted) return { kind: 'found', route, parameters }
      others.push(route)
    }
    if (others.length === 0) return { kind: 'none' }
    return { kind: 'other method', allowed: others.map(route => route.method), refuse: others[0]?.refuse }
  }
}

export const pathUnknown = (path: string): MeshwrightError =>
  new MeshwrightError('PATH_UNKNOWN', { message: `nothing is at ${path}` })

/** `allow`: as the header of that name has it (RFC 9110 section 15.5.6). */
export const methodNotAllowed = (method: string, path: string, allow: string): MeshwrightError =>
  new MeshwrightError('METHOD_NOT_ALLOWED', { message: `${method} is not allowed on ${path}`, facts: { allow } })

function matchSegments(wanted: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  if (wanted.length !== given.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [i, segment] of wanted.entries()) {
    const actual = given[i] ?? ''
    if (!segment.startsWith(':')) {
      if (segment !== actual) return undefined
      continue
    }
    if (actual === '') return undefined
    try {
      parameters[segment.slice(1)] = decodeURIComponent(actual)
    } catch {
      return undefined
    }
  }
  return parameters
}
