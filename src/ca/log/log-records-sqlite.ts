/** The log in the daemon's database. Written by the writer thread's end of it (log-writer.ts). */

import type { Database, Row, SqlValue, Statement } from '../../platform/database/database.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { leafHash } from '../../platform/transparency/merkle.ts'
import { decodeLogEntry, encodeLogEntry, type LogEntry } from './log-entry.ts'
import type { LogEpoch, LogRecords, LogRow } from './log-records.ts'
import { logSlotMs } from './log-slot.ts'
import { appendStep } from './log-writer.ts'
import { sqlitePruningRecords } from './pruning-records-sqlite.ts'
import type { LoggedEntry, LogQuery } from './transparency-log.ts'

export function sqliteLogRecords(database: Database): LogRecords {
  const node = (level: number, position: number): Buffer => {
    if (level === 0) {
      const row = database.get('SELECT body FROM log_entry WHERE position = ?', [position])
      if (row !== undefined) return leafHash(blob(row.body, `entry ${position}`))
      const forgotten = database.get('SELECT hash FROM log_forgotten WHERE position = ?', [position])
      return blob(forgotten?.hash, `entry ${position}`)
    }
    const row = database.get('SELECT hash FROM log_node WHERE level = ? AND position = ?', [level, position])
    return blob(row?.hash, `node ${position} of level ${level}`)
  }
  let writtenSlot: number | undefined
  return {
    ...sqlitePruningRecords(database),
    async appendToLog(entry, statements) {
      const indexed = isIssuance(entry) ? undefined : entry
      const step = [
        entry.kind,
        entry.atMs,
        indexed?.identity ?? null,
        indexed?.serialNumber ?? null,
        encodeLogEntry(entry),
      ] as const
      const slot = Math.floor(entry.atMs / logSlotMs)
      if (slot === writtenSlot) return database.append(appendStep(step), statements)
      const index = await database.append(appendStep(step), [beginSlot(slot), ...statements])
      writtenSlot = slot
      return index
    },
    logSize: () => Number(database.get('SELECT coalesce(max(position) + 1, 0) AS size FROM log_entry')?.size),
    logEntries(query) {
      const { sql, parameters } = selectEntries(query)
      return database.all(sql, parameters).map(loggedEntry)
    },
    logRows: (from, limit) =>
      database.all('SELECT * FROM log_entry WHERE position >= ? ORDER BY position LIMIT ?', [from, limit]).map(rowFrom),
    logNode: node,
    logNodeCount: () => Number(database.get('SELECT count(*) AS n FROM log_node')?.n),
    logNodesBeyond: size =>
      Number(
        database.get('SELECT count(*) AS n FROM log_node WHERE level = 1 AND position >= ?', [Math.floor(size / 2)])?.n,
      ),
    logEpochs: () => database.all('SELECT * FROM log_epoch ORDER BY epoch').map(epochFrom),
    beginLog: (epoch, atMs) =>
      database.write([
        {
          sql: "INSERT INTO log_epoch (epoch, first_position, started_at_ms, reason) VALUES (?, 0, ?, 'first start')",
          parameters: [epoch, atMs],
        },
      ]),
    restorePending() {
      const row = database.get('SELECT since_ms, reason FROM restore_pending')
      return row === undefined ? undefined : { sinceMs: Number(row.since_ms), reason: String(row.reason) }
    },
    logIndexOfSerial(serialNumber) {
      const row = database.get('SELECT log_position FROM issuance WHERE serial_number = ?', [serialNumber])
      return row === undefined || row.log_position === null ? undefined : Number(row.log_position)
    },
    hasIdentity: identity =>
      database.get('SELECT 1 AS found FROM issuance WHERE identity = ? LIMIT 1', [identity]) !== undefined,
  }
}

/** Behind its first entry; several may be on their way. */
function beginSlot(slot: number): Statement {
  return {
    sql: 'INSERT OR IGNORE INTO log_slot (slot, first_position) VALUES (?, (SELECT max(position) FROM log_entry))',
    parameters: [slot],
  }
}

/** Those are found through their own table (schema/0002-log.ts). */
function isIssuance({ kind }: LogEntry): boolean {
  return kind === 'issue' || kind === 'renewal'
}

interface Select {
  readonly sql: string
  readonly parameters: readonly SqlValue[]
}

function selectEntries(query: LogQuery): Select {
  const where: string[] = ['position >= ?']
  const parameters: SqlValue[] = [query.from ?? 0]
  const lookUp = (column: 'identity' | 'serial_number', value: string): void => {
    where.push(
      `position IN (SELECT position FROM log_entry WHERE ${column} = ?
       UNION SELECT log_position FROM issuance WHERE ${column} = ?)`,
    )
    parameters.push(value, value)
  }
  if (query.identity !== undefined) lookUp('identity', query.identity)
  if (query.serialNumber !== undefined) lookUp('serial_number', query.serialNumber)
  if (query.kind !== undefined) {
    // In the words of the partial index, or it would not be used.
    if (query.kind !== 'issue' && query.kind !== 'renewal') where.push("kind NOT IN ('issue', 'renewal')")
    where.push('kind = ?')
    parameters.push(query.kind)
  }
  if (query.sinceMs !== undefined) {
    where.push('at_ms >= ?', 'position >= (SELECT coalesce(min(first_position), 9e15) FROM log_slot WHERE slot >= ?)')
    parameters.push(query.sinceMs, Math.floor(query.sinceMs / logSlotMs))
  }
  const order = query.order === 'oldest-first' ? 'ASC' : 'DESC'
  const sql = `SELECT position, body FROM log_entry WHERE ${where.join(' AND ')} ORDER BY position ${order} LIMIT ?`
  return { sql, parameters: [...parameters, query.limit] }
}

function loggedEntry(row: Row): LoggedEntry {
  const index = Number(row.position)
  return { index, entry: decodeLogEntry(blob(row.body, `entry ${index}`)) }
}

function rowFrom(row: Row): LogRow {
  const text = (value: SqlValue | undefined): string | undefined =>
    value === null || value === undefined ? undefined : String(value)
  return {
    index: Number(row.position),
    kind: String(row.kind),
    atMs: Number(row.at_ms),
    identity: text(row.identity),
    serialNumber: text(row.serial_number),
    body: blob(row.body, `entry ${row.position}`),
  }
}

function epochFrom(row: Row): LogEpoch {
  return {
    epoch: Number(row.epoch),
    firstIndex: Number(row.first_position),
    startedAtMs: Number(row.started_at_ms),
    reason: String(row.reason),
  }
}

function blob(value: SqlValue | undefined, what: string): Buffer {
  if (Buffer.isBuffer(value)) return value
  throw new MeshwrightError('LOG_DAMAGED', {
    message: `${what} of the log is missing`,
    remedy: 'Keep a copy of the data directory, and restore a backup (`meshwright restore`, docs/ca.md).',
  })
}
