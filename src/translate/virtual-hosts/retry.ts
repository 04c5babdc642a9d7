/** How often and when a failed request is tried again. */

import { durationMs } from '../../config/duration.ts'
import type { HttpRetries } from '../../config/kinds/http-retries.ts'
import type { RetryIr } from './ir.ts'

const defaultConditions = 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes'

/** What a route says wins over what the mesh says, as a whole. Undefined: no retries. */
export function retryFrom(own: HttpRetries | undefined, mesh: HttpRetries): RetryIr | undefined {
  const retries = own ?? mesh
  const attempts = retries.attempts ?? 0
  if (attempts <= 0) return undefined
  const given = (retries.retryOn ?? '')
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
  // Status codes are written among Envoy's conditions.
  const statusCodes = given.filter(part => /^\d{3}$/.test(part)).map(Number)
  const conditions = given.filter(part => !/^\d{3}$/.test(part))
  if (statusCodes.length > 0 && !conditions.includes('retriable-status-codes'))
    conditions.push('retriable-status-codes')
  return {
    attempts,
    on: given.length === 0 ? defaultConditions : conditions.join(','),
    statusCodes: given.length === 0 ? [503] : statusCodes,
    ...duration('perTryTimeoutMs', retries.perTryTimeout),
    ...duration('backoffMs', retries.backoff),
    previousHosts: retries.retryIgnorePreviousHosts === false ? 'any' : 'avoid',
  }
}

function duration<K extends 'perTryTimeoutMs' | 'backoffMs'>(key: K, text: string | undefined): { [P in K]?: number } {
  if (text === undefined || text === '') return {}
  const ms = durationMs(text)
  return (ms > 0 ? { [key]: ms } : {}) as { [P in K]?: number }
}
