/** networking.istio.io `HTTPRetry`. */

import { bool, duration, int32, message, optional, text, type Value } from '../schema/fields.ts'
import { checkPositiveDuration } from './duration-rules.ts'
import type { Report } from './kind.ts'

export const httpRetries = message({
  attempts: optional(int32()),
  perTryTimeout: optional(duration()),
  retryOn: optional(text(1024)),
  retryRemoteLocalities: optional(bool()),
  retryIgnorePreviousHosts: optional(bool()),
  backoff: optional(duration()),
})

export type HttpRetries = Value<typeof httpRetries>

export function checkHttpRetries(retries: HttpRetries, field: string, report: Report): void {
  const attempts = retries.attempts ?? 0
  if (attempts < 0) report.error(`${field}.attempts`, `${attempts} is negative`, 'use 0 to switch retries off')
  for (const name of ['perTryTimeout', 'backoff'] as const)
    checkPositiveDuration(retries[name], `${field}.${name}`, report)
  if (attempts === 0) {
    for (const name of ['perTryTimeout', 'retryOn', 'retryRemoteLocalities'] as const) {
      if ((retries[name] ?? '') !== '')
        report.error(`${field}.${name}`, 'has no meaning without attempts', 'set attempts, or remove it')
    }
  }
  for (const condition of (retries.retryOn ?? '').split(',').map(part => part.trim())) {
    if (condition !== '' && !isRetryCondition(condition)) {
      report.error(
        `${field}.retryOn`,
        `${condition} is not a retry condition`,
        'use those of Envoy, or HTTP status codes',
      )
    }
  }
}

const isRetryCondition = (condition: string): boolean =>
  retryConditions.has(condition) || (/^\d{3}$/.test(condition) && Number(condition) >= 100 && Number(condition) < 600)

// https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter
const retryConditions: ReadonlySet<string> = new Set([
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'envoy-ratelimited',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'retriable-headers',
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
])
