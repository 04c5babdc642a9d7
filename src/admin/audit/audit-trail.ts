/**
 * Who did what through the management API: a line of JSON an act, in files of the data directory that only its owner can read.
 * Two files, so that a flood of refused requests never displaces what was done. Each is kept up to a size, with a number of
 * files before it; the configuration's own history says who made each version for as long as that is kept.
 */

import { existsSync, readFileSync, renameSync, statSync } from 'node:fs'
import { appendFile, chmod } from 'node:fs/promises'
import path from 'node:path'
import { makePrivateDirectories } from '../../platform/files.ts'
import type { Log } from '../../platform/log.ts'

export interface AuditRecord {
  /** RFC 3339. */
  readonly at: string
  /** The credential; `''` is a caller without one that is good. */
  readonly caller: string
  /** `IP:PORT`. */
  readonly from: string
  readonly method: string
  /** Path and query. */
  readonly target: string
  /** The pattern of the endpoint. */
  readonly endpoint: string
  readonly verdict: 'done' | 'refused' | 'failed'
  /** Of the answer. */
  readonly status: number
  /** The code of the error, where there was one. */
  readonly code?: string
  /** More that the endpoint says of what it did, for example the objects of a transaction. */
  readonly subjects?: readonly string[]
}

export interface AuditQuery {
  readonly trail: 'acts' | 'refusals'
  /** Of the newest. */
  readonly limit: number
  readonly sinceMs?: number
  readonly caller?: string
}

export interface AuditTrail {
  /** Resolves when the line is in the file; a fault is logged, and the act goes on. */
  record(record: AuditRecord): Promise<void>
  /** The newest first. O(files). */
  query(query: AuditQuery): readonly AuditRecord[]
}

export interface AuditTrailOptions {
  readonly directory: string
  readonly log: Log
  readonly largestFileBytes?: number
}

const filesKept = 8
const longestTarget = 2048

export function createAuditTrail({
  directory,
  log,
  largestFileBytes = 16 * 1024 * 1024,
}: AuditTrailOptions): AuditTrail {
  const folder = path.join(directory, 'audit')
  const fileOf = (trail: AuditQuery['trail'], age: number): string =>
    path.join(folder, age === 0 ? `${trail}.jsonl` : `${trail}.${age}.jsonl`)
  let last: Promise<void> = Promise.resolve()

  const append = async (trail: AuditQuery['trail'], line: string): Promise<void> => {
    makePrivateDirectories(folder)
    const file = fileOf(trail, 0)
    const sizeBytes = statSync(file, { throwIfNoEntry: false })?.size
    if ((sizeBytes ?? 0) + line.length > largestFileBytes) {
      for (let age = filesKept - 1; age > 0; age--) {
        if (existsSync(fileOf(trail, age - 1))) renameSync(fileOf(trail, age - 1), fileOf(trail, age))
      }
    }
    await appendFile(file, line, { mode: 0o600 })
    if (sizeBytes === undefined) await chmod(file, 0o600)
  }
  return {
    record(record) {
      const { verdict, target } = record
      const trail = verdict === 'refused' ? 'refusals' : 'acts'
      const line = `${JSON.stringify({ ...record, target: target.slice(0, longestTarget) })}\n`
      log.info({ audit: record }, 'audit')
      last = last
        .then(() => append(trail, line))
        .catch(err => log.error({ err, folder }, 'the audit trail cannot be written'))
      return last
    },
    query({ trail, limit, sinceMs = 0, caller }) {
      const found: AuditRecord[] = []
      for (let age = 0; age < filesKept && found.length < limit; age++) {
        if (!existsSync(fileOf(trail, age))) break
        for (const line of readFileSync(fileOf(trail, age), 'utf8').split('\n').reverse()) {
          const record = recordFrom(line)
          if (record === undefined) continue
          if (Date.parse(record.at) < sinceMs) return found
          if (caller !== undefined && record.caller !== caller) continue
          if (found.push(record) === limit) return found
        }
      }
      return found
    },
  }
}

/** Undefined for a line that was cut off by a crash. */
function recordFrom(line: string): AuditRecord | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as AuditRecord)
  } catch {
    return undefined
  }
}
