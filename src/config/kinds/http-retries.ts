/** networking.istio.io `HTTPRetry`. */

import { bool, field, int32, message, optional, text, type Value, wrapped } from '../schema/fields.ts'
import { positiveMilliseconds } from './duration-rules.ts'
import type { Report } from './kind.ts'

export const httpRetries = message({
  attempts: field('How often a request is tried again; 0 is never.', optional(int32()), { default: '0' }),
  perTryTimeout: field('How long one try may take.', optional(positiveMilliseconds()), {
    unit: 'duration',
    default: "the route's `timeout`",
  }),
  retryOn: field(
    "What is worth another try: Envoy's conditions and HTTP statuses, with commas between.",
    optional(text(1024)),
    { default: '`connect-failure,refused-stream,unavailable,cancelled,503`' },
  ),
  retryRemoteLocalities: field('Whether another locality may be tried.', optional(wrapped(bool())), {
    default: 'false',
    notInForce: 'localities are not looked at, so that any endpoint may be tried',
  }),
  retryIgnorePreviousHosts: field(
    'Whether endpoints that have failed the request are left out.',
    optional(wrapped(bool())),
    {
      default: 'true',
      since: '1.26',
    },
  ),
  backoff: field('The time before the first retry; later ones wait longer.', optional(positiveMilliseconds()), {
    unit: 'duration',
    default: '25ms',
    since: '1.26',
  }),
})

export type HttpRetries = Value<typeof httpRetries>

export function checkHttpRetries(retries: HttpRetries, field: string, report: Report): void {
  const attempts = retries.attempts ?? 0
  if (attempts < 0) report.error(`${field}.attempts`, `${attempts} is negative`, 'use 0 to switch retries off')
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
