/** Changes in files, one at a time, and what each costs until every connected proxy has it. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { JoinedMesh } from './joined-mesh.ts'
import { processUsage } from './process-usage.ts'
import { formatTable, quantile } from './table.ts'

export interface ChangeCost {
  /** From the rename to the last byte at the first, the middle … proxy, in ms; each the median of the rounds. */
  readonly firstMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly lastMs: number
  /** Of the daemon, for one change: the mean of the rounds. */
  readonly cpuSeconds: number
  readonly bytesPerProxy: number
  readonly messagesPerProxy: number
}

const quietMs = 300
/** Not counted: code that is not compiled yet and pages that are built for the first time. */
const warmUpRounds = 3

/** `change` renames a file into place and returns when it did. */
export async function measureChanges(
  { daemon, streams }: JoinedMesh,
  rounds: number,
  change: (round: number) => number,
): Promise<ChangeCost> {
  const all: Omit<ChangeCost, 'cpuSeconds'>[] = []
  let cpuMs = 0
  await streams.waitFor({ kind: 'quiet', ms: quietMs })
  for (let round = 1; round <= warmUpRounds + rounds; round += 1) {
    await streams.mark()
    const before = processUsage(daemon.pid).cpuMs
    const atMs = change(round)
    await streams.waitFor({ kind: 'messages', perStream: 1 })
    await streams.waitFor({ kind: 'quiet', ms: quietMs })
    const report = await streams.report()
    if (round > warmUpRounds) {
      cpuMs += processUsage(daemon.pid).cpuMs - before
      const sinceMs = report.lastByteAtMs.map(time => time - atMs)
      const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length
      all.push({
        firstMs: quantile(sinceMs, 0),
        p50Ms: quantile(sinceMs, 0.5),
        p99Ms: quantile(sinceMs, 0.99),
        lastMs: quantile(sinceMs, 1),
        bytesPerProxy: mean(report.bytes),
        messagesPerProxy: mean(report.messages),
      })
    }
    await sleep(100)
  }
  const median = (pick: (one: Omit<ChangeCost, 'cpuSeconds'>) => number): number => quantile(all.map(pick), 0.5)
  return {
    firstMs: median(one => one.firstMs),
    p50Ms: median(one => one.p50Ms),
    p99Ms: median(one => one.p99Ms),
    lastMs: median(one => one.lastMs),
    cpuSeconds: cpuMs / rounds / 1000,
    bytesPerProxy: median(one => one.bytesPerProxy),
    messagesPerProxy: median(one => one.messagesPerProxy),
  }
}

export function changeTable(costs: Readonly<Record<string, ChangeCost>>): string {
  const ms = (value: number): string => `${value.toFixed(1)} ms`
  const rows = Object.entries(costs).map(([name, cost]) => [
    name,
    ms(cost.firstMs),
    ms(cost.p50Ms),
    ms(cost.p99Ms),
    ms(cost.lastMs),
    `${cost.cpuSeconds.toFixed(3)} s`,
    `${cost.bytesPerProxy.toFixed(0)} B`,
    cost.messagesPerProxy.toFixed(2),
  ])
  return formatTable(['proxies', 'first', 'p50', 'p99', 'last', 'CPU', 'bytes/proxy', 'messages/proxy'], rows)
}
