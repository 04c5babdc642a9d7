/** Limits of a cluster. Envoy's own defaults (1,024 connections) are surprising in a mesh: without a rule there is none. */

import type { Plain } from '../envoy-messages.ts'
import { wrapped } from '../well-known.ts'

export interface LimitsIr {
  readonly maxConnections?: number
  readonly maxPendingRequests?: number
  readonly maxRequests?: number
  readonly maxRetries?: number
}

export function circuitBreakers(limits: LimitsIr): Plain {
  const threshold = (limit: number | undefined) => wrapped(limit ?? unlimited)
  return {
    thresholds: [
      {
        maxConnections: threshold(limits.maxConnections),
        maxPendingRequests: threshold(limits.maxPendingRequests),
        maxRequests: threshold(limits.maxRequests),
        maxRetries: threshold(limits.maxRetries),
        trackRemaining: true,
      },
    ],
  }
}

const unlimited = 4_294_967_295
