/** Who is connected, and what each was given. */

import { json, type Route } from './route.ts'

const admin = { method: 'GET', side: 'management', access: 'admin' } as const

export const proxyRoutes: readonly Route[] = [
  { ...admin, path: '/v1/proxies', handle: daemon => json(daemon.proxies()) },
  {
    ...admin,
    path: '/v1/proxies/:node/resources/:type',
    handle: (daemon, { parameters }) => json(daemon.proxyResources(parameters.node ?? '', parameters.type ?? '')),
  },
]
