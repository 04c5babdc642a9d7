/** Asks Envoy's admin interface. */

import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { SocketAddress } from '../socket-address.ts'

export interface EnvoyAdmin {
  /** Rejects when Envoy does not answer within the time. */
  get(path: string): Promise<AdminAnswer>
  post(path: string): Promise<AdminAnswer>
  /** The answer as it comes, for what is too big to be kept: the caller reads the body or destroys it. */
  open(path: string): Promise<IncomingMessage>
}

export interface AdminAnswer {
  readonly status: number
  readonly body: string
}

export function createEnvoyAdmin(address: SocketAddress, timeoutMs = 2_000): EnvoyAdmin {
  const send = (method: string, path: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const call = request({ host: address.host, port: address.port, method, path, agent: false }, resolve)
      call.setTimeout(timeoutMs, () => call.destroy(new Error(`Envoy's admin did not answer within ${timeoutMs} ms`)))
      call.once('error', reject)
      call.end()
    })
  const ask = async (method: string, path: string): Promise<AdminAnswer> => {
    const response = await send(method, path)
    return { status: response.statusCode ?? 0, body: await text(response) }
  }
  return { get: path => ask('GET', path), post: path => ask('POST', path), open: path => send('GET', path) }
}
