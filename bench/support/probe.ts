/** How long the daemon's other work waits: a request to its HTTP side, again and again. */

import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BuiltDaemon } from './built-daemon.ts'

/** Milliseconds of each probe until `work` is done. */
export async function probeWhile({ ports }: Pick<BuiltDaemon, 'ports'>, work: Promise<unknown>): Promise<number[]> {
  const agent = new http.Agent({ keepAlive: true })
  let isDone = false
  const done = work.finally(() => {
    isDone = true
  })
  const took: number[] = []
  while (!isDone) {
    const beginMs = performance.now()
    await probe(ports.http ?? 0, agent)
    took.push(performance.now() - beginMs)
    await sleep(10)
  }
  await done
  agent.destroy()
  return took
}

function probe(port: number, agent: http.Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path: '/ready', agent }, response => {
      response.resume().on('end', resolve)
    })
    request.once('error', reject)
  })
}
