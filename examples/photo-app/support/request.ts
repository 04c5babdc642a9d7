/** One request on a connection of its own or on a kept one; what went wrong is part of the answer. */

import http from 'node:http'

export interface Outcome {
  /** 0 when there was no HTTP answer. */
  readonly status: number
  readonly body: string
  /** Such as `ECONNRESET`; '' when there was an answer. */
  readonly fault: string
}

export interface Target {
  readonly host: string
  readonly port: number
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly agent?: http.Agent
}

const timeoutMs = 10_000

export function request(target: Target): Promise<Outcome> {
  return new Promise(resolve => {
    const { agent = false, headers = {}, ...where } = target
    const sent = http.get({ ...where, agent, headers, timeout: timeoutMs }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', error => resolve({ status: 0, body: '', fault: faultOf(error) }))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString(), fault: '' }),
      )
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer within 10 s')))
    sent.on('error', error => resolve({ status: 0, body: '', fault: faultOf(error) }))
  })
}

function faultOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message
}

/** Asks every 10 ms until `done` says so; undefined when `withinMs` has passed. The result is milliseconds. */
export async function timeUntil(withinMs: number, done: () => Promise<boolean>): Promise<number | undefined> {
  const begin = performance.now()
  while (performance.now() - begin < withinMs) {
    if (await done()) return performance.now() - begin
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  return undefined
}
