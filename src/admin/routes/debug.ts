/** The inside of the daemon, for its operator. */

import { json, type Route, text } from './route.ts'

const admin = { method: 'GET', side: 'management', access: 'admin', audit: 'yes' } as const

export const debugRoutes: readonly Route[] = [
  { ...admin, path: '/debug/config', handle: daemon => json(daemon.configStatus()) },
  { ...admin, path: '/debug/graph', handle: daemon => text(daemon.graphDiagram()) },
]
