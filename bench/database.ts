/**
 * What a durable write costs, and what it does to the main thread: one writer in a worker that groups commits against
 * committing on the main thread. `node bench/database.ts [seconds per case]`
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import Sqlite from 'better-sqlite3'
import { openDatabase } from '../src/platform/database/database.ts'
import { silentLog } from '../src/platform/log.ts'

const seconds = Number(process.argv[2] ?? 2)
const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-bench-'))
const schema = 'CREATE TABLE row (text TEXT NOT NULL) STRICT'
const insert = 'INSERT INTO row VALUES (?)'
const text = 'x'.repeat(300)

async function measure(name: string, together: number, task: () => Promise<void> | void): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const start = performance.now()
  const cpu = process.cpuUsage()
  delay.enable()
  let count = 0
  while (performance.now() - start < seconds * 1000) {
    await Promise.all(Array.from({ length: together }, task))
    await new Promise(resolve => setImmediate(resolve))
    count += together
  }
  delay.disable()
  const elapsedMs = performance.now() - start
  const used = process.cpuUsage(cpu)
  const figures = [
    `${((count / elapsedMs) * 1000).toFixed(0).padStart(7)} writes/s`,
    `${((used.user + used.system) / count).toFixed(0).padStart(5)} µs CPU each`,
    `loop delay p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms`,
  ]
  console.log(`${name.padEnd(44)} ${figures.join('  ')}`)
}

const plain = new Sqlite(path.join(directory, 'plain.db'))
plain.pragma('journal_mode = WAL')
plain.pragma('synchronous = FULL')
plain.exec(schema)
const statement = plain.prepare(insert)
await measure('main thread, one commit each', 1, () => void statement.run(text))
plain.close()

const database = openDatabase({ directory, migrations: [{ version: 1, name: 'rows', sql: schema }], log: silentLog })
const write = (): Promise<void> => database.write([{ sql: insert, parameters: [text] }])
for (const together of [1, 32, 256]) await measure(`writer thread, ${together} in flight`, together, write)
await database.close()
rmSync(directory, { recursive: true })
