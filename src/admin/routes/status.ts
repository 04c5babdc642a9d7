/** What is true of objects: taken or refused, contended, and held by which proxies; waiting for it; where resources come from. */

import { badRequest, json, type Route } from './route.ts'

const reading = { method: 'GET', side: 'management', access: 'viewer', audit: 'no' } as const

const longestWaitSeconds = 3600

export const statusRoutes: readonly Route[] = [
  {
    ...reading,
    // Cluster-scoped kinds: `-` stands for no namespace.
    path: '/v1/status/:kind/:namespace/:name',
    handle: ({ status }, { parameters: { kind = '', namespace = '', name = '' } }) =>
      json(status.objectStatus(kind, namespaceFrom(namespace), name)),
  },
  {
    ...reading,
    path: '/v1/status/:kind/:namespace/:name/wait',
    handle: async ({ status }, { parameters: { kind = '', namespace = '', name = '' }, query, signal }) => {
      const seconds = Number(query.get('timeoutSeconds') ?? 30)
      if (!(seconds >= 0 && seconds <= longestWaitSeconds)) {
        throw badRequest(`timeoutSeconds: a number between 0 and ${longestWaitSeconds} is needed`)
      }
      const condition = query.get('for') ?? 'everywhere'
      const request = { kind, namespace: namespaceFrom(namespace), name, condition, timeoutMs: seconds * 1000 }
      return json(await status.wait(request, signal))
    },
  },
  { ...reading, path: '/v1/stale-proxies', handle: ({ status }) => json(status.stale()) },
  {
    ...reading,
    audit: 'yes',
    path: '/v1/proxies/:node/resources/:type/why',
    handle: async ({ status }, { parameters: { node = '', type = '' }, query }) =>
      json(await status.explain(node, type, query.get('name') ?? undefined)),
  },
]

const namespaceFrom = (segment: string): string => (segment === '-' ? '' : segment)
