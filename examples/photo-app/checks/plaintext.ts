import { request } from '../support/request.ts'
import type { Check } from './check.ts'

export const plaintextRefused: Check = {
  name: 'plaintext caller → STRICT workload',
  expected: 'connection refused by Envoy, no HTTP answer',
  async run() {
    const { status, fault } = await request({ host: '127.0.1.2', port: 18080, path: '/photos' })
    return {
      passed: status === 0 && fault === 'ECONNRESET',
      happened: status === 0 ? `no answer (${fault})` : `HTTP ${status}`,
    }
  },
}
