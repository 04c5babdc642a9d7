/** Audits of the log: soon after the start, every day, and when asked for; one at a time. */

import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { type AuditedRecords, type AuditReport, auditLog } from './audit.ts'

export interface Audits {
  readonly last: AuditReport | undefined
  run(): Promise<AuditReport>
  start(): void
  stop(): void
}

export interface AuditsOptions {
  readonly records: AuditedRecords
  readonly clock: Clock
  readonly log: Log
}

const firstAfterMs = 10_000
const intervalMs = 24 * 3_600_000

export function createAudits({ records, clock, log }: AuditsOptions): Audits {
  let last: AuditReport | undefined
  let running: Promise<AuditReport> | undefined
  let timer: Timer | undefined
  let isStopped = false

  const breathe = (): Promise<void> =>
    new Promise((resolve, reject) => {
      setImmediate(() => (isStopped ? reject(stopped()) : resolve()))
    })
  const audit = async (): Promise<AuditReport> => {
    last = await auditLog({ records, nowMs: () => clock.now(), breathe })
    if (last.faults.length > 0) log.error({ ...last }, 'the transparency log is not as it was written')
    return last
  }
  const run = (): Promise<AuditReport> => {
    running ??= audit().finally(() => {
      running = undefined
    })
    return running
  }
  const runDaily = (): void => {
    timer = clock.after(intervalMs, runDaily)
    run().catch(thrown => {
      if (!isStopped) log.error({ err: errorFrom(thrown) }, 'the audit of the log could not be done')
    })
  }
  return {
    get last() {
      return last
    },
    run,
    start() {
      isStopped = false
      timer = clock.after(firstAfterMs, runDaily)
    },
    stop() {
      isStopped = true
      timer?.cancel()
    },
  }
}

function stopped(): MeshwrightError {
  return new MeshwrightError('DATABASE_CLOSED', { message: 'the log was closed during its audit' })
}
