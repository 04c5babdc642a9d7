/** Asks Envoy's admin interface. */

import { request } from 'node:http'
import type { SocketAddress } from '../socket-address.ts'

export interface EnvoyAdmin {
  /** Rejects when Envoy does not answer within the time. */
  get(path: string): Promise<AdminAnswer>
  post(path: string): Promise<AdminAnswer>
}

export interface AdminAnswer {
  readonly status: number
  readonly body: string
}

export function createEnvoyAdmin(address: SocketAddress, timeoutMs = 2_000): EnvoyAdmin {
  const ask = (method: string, path: string): Promise<AdminAnswer> =>
    new Promise((resolve, reject) => {
      const call = request({ host: address.host, port: address.port, method, path, agent: false }, response => {
        const pieces: Buffer[] = []
        response.on('data', (piece: Buffer) => pieces.push(piece))
        response.once('error', reject)
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString('utf8') }),
        )
      })
      call.setTimeout(timeoutMs, () => call.destroy(new Error(`Envoy's admin did not answer within ${timeoutMs} ms`)))
      call.once('error', reject)
      call.end()
    })
  return { get: path => ask('GET', path), post: path => ask('POST', path) }
}
