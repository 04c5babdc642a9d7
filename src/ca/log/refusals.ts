/** Refused attempts on their way into the log: at most one entry a minute for each caller and reason, and bounded memory. */

import type { ErrorCode } from '../../platform/error-codes.ts'
import type { LogCaller } from './log-entry.ts'

export interface RefusalLog {
  /** Somebody who proved nothing. */
  caller(peerAddress: string, code: ErrorCode): void
  /** Somebody known who may not have this. */
  request(refused: RefusedRequest): void
}

export interface RefusedRequest {
  readonly identity: string
  readonly caller: LogCaller
  readonly code: ErrorCode
  readonly reason: string
}
