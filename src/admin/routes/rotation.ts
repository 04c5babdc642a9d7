/** The authority's trust and the rotation of its root. */

import { badRequest, fieldsOf, json, type Route } from './route.ts'

const longestWindowSeconds = 7 * 24 * 3600
const management = { side: 'management', access: 'admin', audit: 'yes' } as const

export const rotationRoutes: readonly Route[] = [
  {
    method: 'GET',
    side: 'management',
    access: 'viewer',
    audit: 'no',
    path: '/v1/ca/status',
    handle: daemon => json(daemon.rotation.status()),
  },
  {
    ...management,
    method: 'POST',
    path: '/v1/ca/rotation',
    handle: async (daemon, { body }) => json(await daemon.rotation.rotate(windowSecondsFrom(body)), 201),
  },
  {
    ...management,
    method: 'POST',
    path: '/v1/ca/rotation/abort',
    handle: async daemon => json(await daemon.rotation.abort()),
  },
  {
    ...management,
    method: 'POST',
    path: '/v1/ca/rotation/force',
    handle: async daemon => json(await daemon.rotation.force()),
  },
]

function windowSecondsFrom(body: unknown): number {
  const { windowSeconds } = fieldsOf(body)
  if (typeof windowSeconds === 'number' && windowSeconds >= 0 && windowSeconds <= longestWindowSeconds) {
    return windowSeconds
  }
  throw badRequest(`windowSeconds: a number between 0 and ${longestWindowSeconds} is needed`)
}
