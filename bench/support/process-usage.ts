/** CPU and memory of a process, from outside it (Linux /proc), so that measuring costs the measured nothing. */

import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessUsage {
  /** User and system time since its start. The kernel counts in ticks of 10 ms. */
  readonly cpuMs: number
  readonly rssBytes: number
  /** The largest that `rssBytes` has been. */
  readonly peakRssBytes: number
}

export function processUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the command in parentheses, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  const memory = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    cpuMs: ticks * 10,
    rssBytes: kilobytes(memory, 'VmRSS') * 1024,
    peakRssBytes: kilobytes(memory, 'VmHWM') * 1024,
  }
}

function kilobytes(memory: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+([0-9]+) kB$`, 'm').exec(memory)?.[1])
}

/** The CPU milliseconds of a process's threads since their start, summed over those of one name. */
export function threadsCpuMs(pid: number): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${thread}`
    try {
      const name = readFileSync(`${folder}/comm`, 'utf8').trim()
      // Nanoseconds on a CPU come first.
      const ms = Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]) / 1e6
      sums.set(name, (sums.get(name) ?? 0) + ms)
    } catch {
      // It has ended meanwhile.
    }
  }
  return sums
}
