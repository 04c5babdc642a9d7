/** Join tokens. */

import type { TokenRequest } from '../daemon-view.ts'
import { badRequest, fieldsOf, json, type Route } from './route.ts'

const longestTtlSeconds = 30 * 24 * 3600

export const tokenRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/tokens',
    side: 'management',
    access: 'admin',
    audit: 'yes',
    handle: async (daemon, { body }) => json(await daemon.createToken(tokenRequestFrom(body)), 201),
  },
  {
    method: 'GET',
    path: '/v1/tokens',
    side: 'management',
    access: 'admin',
    audit: 'yes',
    handle: daemon => json({ tokens: daemon.tokens() }),
  },
  {
    method: 'POST',
    path: '/v1/tokens/revoke',
    side: 'management',
    access: 'admin',
    audit: 'yes',
    async handle(daemon, { body }) {
      const { id } = fieldsOf(body)
      if (typeof id !== 'string' || id === '') throw badRequest('id: that of a join token is needed')
      await daemon.revokeToken(id)
      return json({ id })
    },
  },
]

function tokenRequestFrom(body: unknown): TokenRequest {
  const { namespace, serviceAccount, ttlSeconds } = fieldsOf(body)
  if (typeof namespace !== 'string' || namespace === '') throw badRequest('namespace: a name is needed')
  if (typeof serviceAccount !== 'string' || serviceAccount === '') throw badRequest('serviceAccount: a name is needed')
  if (typeof ttlSeconds !== 'number' || !(ttlSeconds > 0 && ttlSeconds <= longestTtlSeconds)) {
    throw badRequest(`ttlSeconds: a number between 1 and ${longestTtlSeconds} is needed`)
  }
  return { namespace, serviceAccount, ttlSeconds }
}
