/**
 * The two HTTP sides of the daemon: plaintext for probes and scrapers, TLS with the admin credential for everything else.
 * Being on localhost proves nothing; a browser is refused by its Origin, another name for this address by its Host.
 */

import { timingSafeEqual } from 'node:crypto'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { errorFrom, MeshwrightError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { DaemonView } from './daemon-view.ts'
import { createHostCheck, type HostCheck } from './host-check.ts'
import type { Route, RouteAnswer } from './routes/route.ts'
import { type RouteMatch, routeFor } from './routes.ts'

export interface HttpSideOptions {
  readonly side: 'http' | 'management'
  readonly host: string
  readonly port: number
  /** What this daemon is called, beside `localhost` and its addresses: requests to other names are refused. */
  readonly names: readonly string[]
  readonly daemon: DaemonView
  readonly log: Log
  /** Management only: the certificate to serve with and the token that callers must bring. */
  readonly management?: { readonly chainPem: string; readonly keyPem: string; readonly token: string }
}

export interface HttpSide {
  /** Throws `ADDRESS_IN_USE` or `ADDRESS_UNUSABLE`. */
  start(): Promise<{ readonly host: string; readonly port: number }>
  setCertificate(chainPem: string, keyPem: string): void
  stop(): Promise<void>
}

const bodyLimitBytes = 64 * 1024
const requestTimeoutMs = 30_000
/** So that those who only connect cannot take every file descriptor. */
const mostConnections = 1024

export function createHttpSide(options: HttpSideOptions): HttpSide {
  const { management } = options
  const hostCheck = createHostCheck(options.names)
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    answer(options, request, hostCheck).then(
      result => send(response, result),
      thrown => {
        const error = errorFrom(thrown)
        if (error.code === 'INTERNAL') options.log.error({ err: thrown, path: request.url }, 'request failed')
        send(response, errorAnswer(error))
      },
    )
  }
  const limits = { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs, maxHeaderSize: 16 * 1024 }
  const server =
    management === undefined
      ? http.createServer(limits, listener)
      : https.createServer(
          { ...limits, cert: management.chainPem, key: management.keyPem, minVersion: 'TLSv1.3' },
          listener,
        )
  server.maxConnections = mostConnections
  return {
    start: () => listen(server, options.host, options.port),
    setCertificate(chainPem, keyPem) {
      if (server instanceof https.Server) server.setSecureContext({ cert: chainPem, key: keyPem })
    },
    stop() {
      return new Promise(resolve => {
        server.close(() => resolve())
        server.closeIdleConnections()
        // A scraper that keeps its connection busy must not hold up the end.
        server.closeAllConnections()
      })
    },
  }
}

function listen(
  server: http.Server | https.Server,
  host: string,
  port: number,
): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)))
    server.listen(port, host, () => {
      const bound = server.address() as AddressInfo
      resolve({ host: bound.address, port: bound.port })
    })
  })
}

/** What a failed listen means to the user. */
export function listenError(error: NodeJS.ErrnoException, host: string, port: number): MeshwrightError {
  const at = `${host}:${port}`
  if (error.code === 'EADDRINUSE') {
    return new MeshwrightError('ADDRESS_IN_USE', {
      message: `${at} is in use`,
      remedy: 'Stop what listens there or choose another address; port 0 takes a free one.',
      cause: error,
    })
  }
  return new MeshwrightError('ADDRESS_UNUSABLE', { message: `cannot listen on ${at}: ${error.message}`, cause: error })
}

async function answer(options: HttpSideOptions, request: IncomingMessage, host: HostCheck): Promise<RouteAnswer> {
  checkOrigin(request)
  checkHost(request, host)
  const url = URL.parse(request.url ?? '/', 'http://daemon')
  if (url === null) throw new MeshwrightError('REQUEST_INVALID', { message: 'the request names no path' })
  const match = routeFor(options.side, request.method ?? '', url.pathname)
  authorize(options, request, match)
  const body = match.route.method === 'POST' ? await readBody(request, match.route.body) : undefined
  return match.route.handle(options.daemon, {
    parameters: match.parameters,
    query: url.searchParams,
    body,
    ifNoneMatch: request.headers['if-none-match'],
    peerAddress: `${request.socket.remoteAddress ?? ''}:${request.socket.remotePort ?? 0}`,
  })
}

/** No browser has business here: a page of another site reaches local ports through one, also by rebinding a name. */
function checkOrigin(request: IncomingMessage): void {
  if (request.headers.origin !== undefined) {
    throw new MeshwrightError('ORIGIN_REFUSED', { message: 'requests from web pages are refused' })
  }
}

function checkHost(request: IncomingMessage, check: HostCheck): void {
  if (check.isOwn(request.headers.host)) return
  throw new MeshwrightError('HOST_REFUSED', {
    message: 'the daemon is not called by that name',
    remedy: 'Use its address, or make the name known with --server-name.',
  })
}

function authorize(options: HttpSideOptions, request: IncomingMessage, match: RouteMatch): void {
  if (match.route.access === 'anyone') return
  const expected = Buffer.from(`Bearer ${options.management?.token ?? ''}`)
  const given = Buffer.from(request.headers.authorization ?? '')
  if (options.management === undefined || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new MeshwrightError('ADMIN_CREDENTIAL_REFUSED', {
      message: 'the admin credential is missing or wrong',
      remedy: "Use the credential file in the daemon's data directory.",
    })
  }
}

async function readBody(request: IncomingMessage, form: Route['body']): Promise<unknown> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > bodyLimitBytes) {
      throw new MeshwrightError('REQUEST_INVALID', { message: `the body is larger than ${bodyLimitBytes} bytes` })
    }
    chunks.push(chunk)
  }
  if (form === 'bytes') return Buffer.concat(chunks)
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (cause) {
    throw new MeshwrightError('REQUEST_INVALID', { message: 'the body is not JSON', cause })
  }
}

function errorAnswer(error: MeshwrightError): RouteAnswer {
  const message = error.code === 'INTERNAL' ? 'a fault in the daemon; its log has the reason' : error.message
  const remedy = error.remedy === undefined ? {} : { remedy: error.remedy }
  return {
    status: error.httpStatus,
    contentType: 'application/json',
    body: `${JSON.stringify({ error: { code: error.code, message, ...remedy } })}\n`,
  }
}

function send(response: ServerResponse, result: RouteAnswer): void {
  response.writeHead(result.status, {
    'content-type': result.contentType,
    'content-length': Buffer.byteLength(result.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...result.headers,
  })
  response.end(result.body)
}
