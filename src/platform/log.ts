/** Structured log events on standard error (pino). Events, not prose: `log.info({ table, streams }, 'pushed')`. Secrets never. */

import { type Logger, pino } from 'pino'
import type { LogLevel } from './log-level.ts'

export type Log = Logger

export function createLog(level: LogLevel): Log {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: label => ({ level: label }) } },
    // Synchronous, so that the last line before an exit is never lost.
    pino.destination({ dest: 2, sync: true }),
  )
}

export const silentLog: Log = pino({ level: 'silent' })
