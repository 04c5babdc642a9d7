import { request } from '../support/request.ts'
import type { Check } from './check.ts'

export const forbidden: Check = {
  name: 'identity that no policy allows',
  expected: '403 from api',
  async run() {
    const { status, body, fault } = await request({
      host: '127.0.1.5',
      port: 18081,
      path: '/photos',
      headers: { host: 'api.photo.internal' },
    })
    return { passed: status === 403 && body.includes('RBAC'), happened: `${status || fault} ${body.trim()}` }
  },
}
