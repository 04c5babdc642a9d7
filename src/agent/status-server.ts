/** The agent's HTTP: readiness, metrics of itself and of Envoy, and from this machine alone the request to end. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { errorFrom, MeshwrightError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { EnvoyAdmin } from './envoy/admin-client.ts'
import { dropShortLived } from './heap.ts'
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
    answer(request, response, options).catch((thrown: unknown) => {
      options.log.warn({ reason: errorFrom(thrown).message, path: request.url }, 'status request failed')
      response.destroy()
    })
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

async function answer(request: IncomingMessage, response: ServerResponse, options: StatusServerOptions): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0]
  const route = `${request.method} ${path}`
  switch (route) {
    case 'GET /healthz/ready':
      return respond(response, await readiness(options))
    case 'GET /stats/prometheus':
    case 'GET /metrics':
      return metrics(response, options)
    case 'POST /quitquitquit':
      return respond(response, quit(request, options))
    default:
      return respond(response, { status: 404, body: 'not found\n' })
  }
}

async function readiness({ admin, obstacles }: StatusServerOptions): Promise<Answer> {
  const reasons = [...obstacles()]
  const envoy = await admin.get('/ready').catch(() => undefined)
  if (envoy === undefined) reasons.push('Envoy does not answer')
  else if (envoy.status !== 200) reasons.push(`Envoy is ${envoy.body.trim()}`)
  return reasons.length === 0 ? { status: 200, body: 'ready\n' } : { status: 503, body: `${reasons.join('\n')}\n` }
}

/** Envoy's part can be megabytes: it is passed on as it comes. */
async function metrics(response: ServerResponse, { admin, metrics: own }: StatusServerOptions): Promise<void> {
  const envoy = await admin.open('/stats/prometheus').catch(() => undefined)
  const isComplete = envoy?.statusCode === 200
  if (!isComplete) own.scrapeFailures.inc({ type: 'envoy' })
  response.writeHead(200, headers)
  response.write(await own.registry.metrics())
  if (envoy !== undefined && isComplete) await pipeline(envoy, response)
  else response.end()
  envoy?.destroy()
  dropShortLived()
}

function quit(request: IncomingMessage, { onQuit, log }: StatusServerOptions): Answer {
  const peer = { host: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''), port: 0 }
  if (!isLoopback(peer)) return { status: 403, body: 'only from this machine\n' }
  // A web page that a user of this machine opens may send a simple POST here, but browsers say so.
  if (request.headers.origin !== undefined) return { status: 403, body: 'not from a browser\n' }
  log.info({ peer: peer.host }, 'asked to end')
  setImmediate(onQuit)
  return { status: 200, body: 'ending\n' }
}

const headers = {
  'content-type': 'text/plain; version=0.0.4; charset=utf-8',
  'x-content-type-options': 'nosniff',
}

function respond(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

function unavailable(address: SocketAddress, cause: NodeJS.ErrnoException): MeshwrightError {
  return new MeshwrightError('AGENT_ADDRESS_UNAVAILABLE', {
    message: `the status address ${formatSocketAddress(address)} cannot be used: ${cause.code ?? cause.message}`,
    remedy: 'Give this agent an address of its own with --status-address.',
    cause,
  })
}
