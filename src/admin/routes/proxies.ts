/** Who is connected, and what each was given. */

import { json, type Route } from './route.ts'

const reading = { method: 'GET', side: 'management', access: 'viewer' } as const

export const proxyRoutes: readonly Route[] = [
  { ...reading, audit: 'no', path: '/v1/proxies', handle: daemon => json(daemon.proxies()) },
  {
    ...reading,
    audit: 'yes',
    path: '/v1/proxies/:node/resources/:type',
    handle: (daemon, { parameters }) => json(daemon.proxyResources(parameters.node ?? '', parameters.type ?? '')),
  },
]
