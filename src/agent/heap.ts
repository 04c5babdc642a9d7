/**
 * Gives memory back when something has just been thrown away that will not be needed again. V8 frees pages and external
 * buffers only under pressure, which a process that idles for days never has; with hundreds of agents on a fleet's
 * machines that is most of what they hold. Measured by `bench/agent-memory.ts`.
 */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options: {
  readonly type: 'minor' | 'major'
  readonly execution: 'sync'
  readonly flavor?: 'last-resort'
}) => void

let collect: Collect | undefined

/** Everything, compiled code that has not run again included; takes 20 to 40 ms. For after the start. */
export function compactHeap(): void {
  garbageCollector()({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  compactedRssBytes = process.memoryUsage.rss()
}

/** What has lived shortly, buffers above all; takes about a millisecond. */
export function dropShortLived(): void {
  garbageCollector()({ type: 'minor', execution: 'sync' })
}

/** For every now and then: the small step, and the big one when the process has grown since the last big one. */
export function tidyHeap(): void {
  dropShortLived()
  if (process.memoryUsage.rss() > compactedRssBytes + toleratedGrowthBytes) compactHeap()
}

let compactedRssBytes = 0
const toleratedGrowthBytes = 4 * 1024 * 1024

function garbageCollector(): Collect {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as Collect // what the flag puts there
  }
  return collect
}
