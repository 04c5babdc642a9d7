/** The agent's HTTP: readiness, metrics of itself and of Envoy, and from this machine alone the request to end. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errorFrom, MeshwrightError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { EnvoyAdmin } from './envoy/admin-client.ts'
import type { AgentMetrics } from './metrics.ts'
import { formatSocketAddress, isLoopback, type SocketAddress } from './socket-address.ts'

export interface StatusServerOptions {
  readonly address: SocketAddress
  readonly admin: EnvoyAdmin
  readonly metrics: AgentMetrics
  /** What keeps the workload from being ready, beside Envoy itself; empty: nothing. */
  readonly obstacles: () => readonly string[]
  readonly onQuit: () => void
  readonly log: Log
}

export interface StatusServer {
  /** Resolves with the address that was bound. Throws AGENT_ADDRESS_UNAVAILABLE. */
  start(): Promise<SocketAddress>
  stop(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly body: string
}

export function createStatusServer(options: StatusServerOptions): StatusServer {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    answer(request, options)
      .catch((thrown: unknown): Answer => {
        options.log.error({ err: errorFrom(thrown) }, 'status request failed')
        return { status: 500, body: 'internal error\n' }
      })
      .then(({ status, body }) => respond(response, status, body))
      .catch((thrown: unknown) => options.log.error({ err: errorFrom(thrown) }, 'status answer not sent'))
  })
  server.maxConnections = 256
  return {
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', cause => reject(unavailable(options.address, cause)))
        server.listen({ host: options.address.host, port: options.address.port, exclusive: true }, () => {
          const { port } = server.address() as AddressInfo // sound: a TCP server that listens has one
          resolve({ host: options.address.host, port })
        })
      }),
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(request: IncomingMessage, options: StatusServerOptions): Promise<Answer> {
  const path = (request.url ?? '').split('?', 1)[0]
  const route = `${request.method} ${path}`
  switch (route) {
    case 'GET /healthz/ready':
      return readiness(options)
    case 'GET /stats/prometheus':
    case 'GET /metrics':
      return metrics(options)
    case 'POST /quitquitquit':
      return quit(request, options)
    default:
      return { status: 404, body: 'not found\n' }
  }
}

async function readiness({ admin, obstacles }: StatusServerOptions): Promise<Answer> {
  const reasons = [...obstacles()]
  const envoy = await admin.get('/ready').catch(() => undefined)
  if (envoy === undefined) reasons.push('Envoy does not answer')
  else if (envoy.status !== 200) reasons.push(`Envoy is ${envoy.body.trim()}`)
  return reasons.length === 0 ? { status: 200, body: 'ready\n' } : { status: 503, body: `${reasons.join('\n')}\n` }
}

async function metrics({ admin, metrics: own }: StatusServerOptions): Promise<Answer> {
  const envoy = await admin.get('/stats/prometheus').catch(() => undefined)
  if (envoy?.status !== 200) own.scrapeFailures.inc({ type: 'envoy' })
  return { status: 200, body: `${await own.registry.metrics()}${envoy?.status === 200 ? envoy.body : ''}` }
}

async function quit(request: IncomingMessage, { onQuit, log }: StatusServerOptions): Promise<Answer> {
  const peer = { host: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''), port: 0 }
  if (!isLoopback(peer)) return { status: 403, body: 'only from this machine\n' }
  // A web page that a user of this machine opens may send a simple POST here, but browsers say so.
  if (request.headers.origin !== undefined) return { status: 403, body: 'not from a browser\n' }
  log.info({ peer: peer.host }, 'asked to end')
  setImmediate(onQuit)
  return { status: 200, body: 'ending\n' }
}

function respond(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
  })
  response.end(body)
}

function unavailable(address: SocketAddress, cause: NodeJS.ErrnoException): MeshwrightError {
  return new MeshwrightError('AGENT_ADDRESS_UNAVAILABLE', {
    message: `the status address ${formatSocketAddress(address)} cannot be used: ${cause.code ?? cause.message}`,
    remedy: 'Give this agent an address of its own with --status-address.',
    cause,
  })
}
