/**
 * How much code a call runs, counted and not timed: the sum over all blocks of the files of a folder of how often each ran,
 * as V8 counts them for coverage. The same call gives the same count, whatever machine it runs on.
 */

import { Session } from 'node:inspector/promises'

export interface BlockCounter {
  count(call: () => void): Promise<number>
  close(): Promise<void>
}

/** `folder`: a part of the URLs of the files that count, such as `/src/config/`. */
export async function blockCounter(folder: string): Promise<BlockCounter> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  const taken = async (): Promise<number> => {
    const { result } = await session.post('Profiler.takePreciseCoverage')
    let sum = 0
    for (const { url, functions } of result)
      if (url.includes(folder)) for (const { ranges } of functions) for (const { count } of ranges) sum += count
    return sum
  }
  return {
    async count(call) {
      await taken()
      call()
      return taken()
    },
    async close() {
      await session.post('Profiler.stopPreciseCoverage')
      session.disconnect()
    },
  }
}
