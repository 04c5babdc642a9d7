/** A server on a free port with an echo and a stream, and raw ways in; everything is closed after each test. */

import assert from 'node:assert/strict'
import type { ClientHttp2Session, ClientSessionOptions } from 'node:http2'
import { afterEach } from 'node:test'
import { type Clock, systemClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import { frameOf } from '../../platform/rpc.ts'
import { createGrpcServer, type GrpcLimits, type GrpcServer } from '../server.ts'
import { connectHttp2, frameTypes, grpcHeaders, headerBlock, http2Frame, RawSocket, request } from './raw-client.ts'

export const echoPath = '/test.Service/Echo'
export const streamPath = '/test.Service/Stream'
const opened: { close(): unknown }[] = []

export interface Rig {
  readonly server: GrpcServer
  readonly port: number
  /** What happened to the streams of `streamPath`, in order. */
  readonly events: string[]
}

export async function start(limits: Partial<GrpcLimits> = {}, clock: Clock = systemClock): Promise<Rig> {
  const events: string[] = []
  const server = createGrpcServer({
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    log: silentLog,
    clock,
    limits,
  })
  server.register({ kind: 'unary', path: echoPath, handle: async call => ({ body: call.body }) })
  server.register({
    kind: 'duplex',
    path: streamPath,
    handle(stream) {
      events.push('open')
      stream.onMessage(body => {
        events.push('message')
        if (Buffer.from(body).toString() === 'refuse') stream.close({ code: 'PERMISSION_DENIED', message: 'no' })
        else stream.send(frameOf(Buffer.from(body)))
      })
      stream.onHalfClose(() => events.push('half-close'))
      stream.onClose(() => events.push('close'))
    },
  })
  const address = await server.start()
  opened.push({ close: () => server.stop() })
  return { server, port: 'port' in address ? address.port : assert.fail(), events }
}

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

export function raw(port: number): RawSocket {
  const socket = new RawSocket(port)
  opened.push({ close: () => socket.socket.destroy() })
  return socket
}

export async function connect(port: number, options?: ClientSessionOptions): Promise<ClientHttp2Session> {
  const session = await connectHttp2(port, options)
  opened.push({ close: () => session.destroy() })
  return session
}

export const message = (text: string): Buffer => Buffer.concat([...frameOf(Buffer.from(text))])
export const settings = http2Frame(frameTypes.settings, {})

export function requestFrame(stream: number, path: string): Buffer {
  const fields = {
    ':method': 'POST',
    ':scheme': 'http',
    ':path': path,
    ':authority': 'a',
    'content-type': 'application/grpc',
    te: 'trailers',
  }
  return http2Frame(frameTypes.headers, { flags: 4, stream, payload: headerBlock(fields) })
}

/** The server must still do its work for others. */
export async function assertServes(port: number): Promise<void> {
  const answer = await request(await connect(port), grpcHeaders(echoPath), { bytes: message('ok'), after: 'end' })
  assert.equal(answer.trailers['grpc-status'], '0')
}

/** Polls the event loop, not the clock: what is awaited comes with socket events. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 1))
}
