/** The request for the authority's own certificate, and the chain that answers it. */

import { badRequest, fieldsOf, json, type Route } from './route.ts'

const management = { side: 'management', access: 'admin', audit: 'yes' } as const

export const intermediateRoutes: readonly Route[] = [
  {
    ...management,
    method: 'POST',
    path: '/v1/ca/intermediate/request',
    handle: async daemon => json({ csr: await daemon.intermediate.request() }),
  },
  {
    ...management,
    method: 'POST',
    path: '/v1/ca/intermediate/chain',
    async handle(daemon, { body }) {
      const { chain } = fieldsOf(body)
      if (typeof chain !== 'string') throw badRequest('chain: PEM text is needed')
      return json(await daemon.intermediate.install(chain), 201)
    },
  },
]
