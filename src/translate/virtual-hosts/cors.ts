/** `CorsPolicy`. */

import { durationMs } from '../../config/duration.ts'
import type { CorsPolicy } from '../../config/kinds/http-route.ts'
import { valueMatch } from './http-match.ts'
import type { CorsIr, ValueMatch } from './ir.ts'

export function corsFrom(policy: CorsPolicy | undefined): CorsIr | undefined {
  if (policy === undefined) return undefined
  const plain = (policy.allowOrigin ?? []).map(
    (origin): ValueMatch => (origin === '*' ? { kind: 'present' } : { kind: 'exact', value: origin }),
  )
  return {
    origins: [...(policy.allowOrigins ?? []).map(valueMatch), ...plain],
    methods: (policy.allowMethods ?? []).join(','),
    headers: (policy.allowHeaders ?? []).join(','),
    exposed: (policy.exposeHeaders ?? []).join(','),
    ...(policy.maxAge === undefined ? {} : { maxAgeSeconds: Math.trunc(durationMs(policy.maxAge) / 1000) }),
    ...(policy.allowCredentials === undefined ? {} : { credentials: policy.allowCredentials }),
    ...(policy.unmatchedPreflights === 'FORWARD' || policy.unmatchedPreflights === 'IGNORE'
      ? { unmatchedPreflights: policy.unmatchedPreflights === 'FORWARD' ? 'forward' : 'ignore' }
      : {}),
  }
}
