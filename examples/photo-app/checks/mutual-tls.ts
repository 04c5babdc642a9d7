/** web → api → store, each hop proved by the SPIFFE id that the receiving Envoy took from the caller's certificate. */

import { request } from '../support/request.ts'
import { page, spiffeId } from '../support/workloads.ts'
import type { Check } from './check.ts'

export const mutualTls: Check = {
  name: 'web → api → store over mutual TLS',
  expected: 'api sees web, store sees api',
  async run() {
    const begin = performance.now()
    const { status, body, fault } = await request({ ...page, path: '/trace' })
    const tookMs = performance.now() - begin
    if (status !== 200) return { passed: false, happened: `${status} ${fault}${body.trim()}`, tookMs }
    const trace = JSON.parse(body) as { api: string; store: { caller: string } }
    const callers = [callerIn(trace.api), callerIn(trace.store.caller)]
    const passed = callers[0] === spiffeId('web') && callers[1] === spiffeId('api')
    return {
      passed,
      happened: passed ? 'api sees web, store sees api' : `api sees ${callers[0]}, store sees ${callers[1]}`,
      tookMs,
    }
  },
}

/** The URI of the last entry: what the workload's own Envoy has verified itself. */
function callerIn(forwardedClientCert: string): string {
  return /(?:^|;)URI=([^;,]+)/.exec(forwardedClientCert.split(',').at(-1) ?? '')?.[1] ?? 'nobody'
}
