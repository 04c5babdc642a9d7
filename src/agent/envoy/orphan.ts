/**
 * An Envoy whose agent was killed: found by its process id and start time, which together never name another process,
 * and ended so that its ports are free. Where `setpriv` is there, the kernel has done it already.
 */

import { readFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeFileAtomically } from '../../platform/files.ts'
import { readIfPresent } from '../state/read-if-present.ts'

interface EnvoyRecord {
  readonly pid: number
  /** Clock ticks after boot, from /proc/PID/stat. */
  readonly startTicks: string
}

export function recordEnvoy(file: string, pid: number): void {
  const startTicks = startTicksOf(pid)
  if (startTicks === undefined) return
  writeFileAtomically(file, JSON.stringify({ pid, startTicks } satisfies EnvoyRecord), 0o600)
}

/** Returns the process id of the orphan that was ended; resolves when it is gone. */
export async function endOrphan(recordFile: string, baseIdFile: string): Promise<number | undefined> {
  const content = await readIfPresent(recordFile)
  const record = content === undefined ? undefined : parseRecord(content.toString('utf8'))
  const alive = (): boolean => record !== undefined && startTicksOf(record.pid) === record.startTicks
  let ended: number | undefined
  if (record !== undefined && alive()) {
    process.kill(record.pid, 'SIGKILL')
    for (let waited = 0; alive() && waited < longestWaitMs; waited += pollMs) await sleep(pollMs)
    ended = record.pid
  }
  await removeSharedMemory(baseIdFile)
  await rm(recordFile, { force: true })
  return ended
}

/** Envoy leaves its hot-restart segment behind whenever it does not exit by itself. */
export async function removeSharedMemory(baseIdFile: string): Promise<void> {
  const text = await readFile(baseIdFile, 'utf8').catch(() => '')
  const baseId = /^\d{1,10}$/.exec(text.trim())?.[0]
  // Envoy appends one digit, so that one base id has room for ten segments.
  if (baseId !== undefined) await rm(`/dev/shm/envoy_shared_memory_${BigInt(baseId) * 10n}`, { force: true })
  await rm(baseIdFile, { force: true })
}

const longestWaitMs = 2_000
const pollMs = 20

function parseRecord(text: string): EnvoyRecord | undefined {
  try {
    const { pid, startTicks } = JSON.parse(text) as Partial<EnvoyRecord>
    return Number.isSafeInteger(pid) && typeof startTicks === 'string' ? { pid: pid as number, startTicks } : undefined
  } catch {
    return undefined
  }
}

/** Undefined when there is no such process, or only its zombie. */
function startTicksOf(pid: number): string | undefined {
  try {
    // The second field is the command in parentheses and may hold anything; the 3rd is the state, the 22nd the start.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}
