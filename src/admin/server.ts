/**
 * The two HTTP sides of the daemon: plaintext for probes and scrapers, TLS with a credential for everything else. Each
 * request goes the same way, and nothing of it is parsed before it is known who sends it:
 *
 *   Origin, Host ─▶ endpoint ─▶ credential ─▶ role ─▶ body ─▶ handler ─▶ audit trail ─▶ answer
 *
 * A browser is refused by its Origin, another name for this address by its Host.
 */

import { constants } from 'node:crypto'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import type { Clock } from '../platform/clock.ts'
import { errorFrom, MeshwrightError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { type Authenticate, type Caller, nobody } from './access/caller.ts'
import { sendAnswer } from './answer.ts'
import type { AuditRecord, AuditTrail } from './audit/audit-trail.ts'
import { authorize } from './authorize.ts'
import type { DaemonView } from './daemon-view.ts'
import { createHostCheck, type HostCheck } from './host-check.ts'
import { peerAddressOf, presentedBy } from './peer.ts'
import { readBody } from './request-body.ts'
import { json, type Refuse, type Route, type RouteAnswer, type Side } from './routes/route.ts'
import { createRouter, methodNotAllowed, pathUnknown, type Router } from './routes.ts'

export interface HttpSideOptions {
  readonly side: Side
  readonly host: string
  readonly port: number
  /** What this daemon is called, beside `localhost` and its addresses: requests to other names are refused. */
  readonly names: readonly string[]
  readonly routes: readonly Route[]
  readonly daemon: DaemonView
  readonly clock: Clock
  readonly log: Log
  /** How errors are told on paths with this beginning that no endpoint has. */
  readonly refusals?: readonly { readonly prefix: string; readonly refuse: Refuse }[]
  readonly management?: ManagementOptions
}

export interface ManagementOptions {
  readonly tls: SideTls
  readonly authenticate: Authenticate
  readonly trail: AuditTrail
}

export interface SideTls {
  readonly chainPem: string
  readonly keyPem: string
  /** Roots of client certificates; `''`: no client certificate is good. */
  readonly trustPem: string
}

export interface HttpSide {
  /** Throws `ADDRESS_IN_USE` or `ADDRESS_UNUSABLE`. */
  start(): Promise<{ readonly host: string; readonly port: number }>
  setTls(tls: SideTls): void
  stop(): Promise<void>
}

const requestTimeoutMs = 30_000
/** So that those who only connect cannot take every file descriptor. */
const mostConnections = 1024
const mostStreams = 512

export function createHttpSide(options: HttpSideOptions): HttpSide {
  const { management, log } = options
  const end = new AbortController()
  const serve = requestHandler(options, end.signal)
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    serve(request, response).catch(err => {
      log.error({ err, path: request.url }, 'request failed')
      response.destroy()
    })
  }
  const limits = { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs, maxHeaderSize: 16 * 1024 }
  const server =
    management === undefined
      ? http.createServer(limits, listener)
      : https.createServer(
          // A client without a certificate is welcome; one whose certificate does not verify has proved nothing.
          { ...limits, ...secureContext(management.tls), requestCert: true, rejectUnauthorized: false },
          listener,
        )
  server.maxConnections = mostConnections
  return {
    start: () => listen(server, options.host, options.port),
    setTls(tls) {
      if (server instanceof https.Server) server.setSecureContext(secureContext(tls))
    },
    stop() {
      end.abort()
      return new Promise(resolve => {
        server.close(() => resolve())
        server.closeIdleConnections()
        // A scraper that keeps its connection busy must not hold up the end.
        server.closeAllConnections()
      })
    },
  }
}

function secureContext({ chainPem, keyPem, trustPem }: SideTls): SecureContextOptions {
  return {
    cert: chainPem,
    key: keyPem,
    // An absent `ca` would mean the public web's authorities; an empty list means nobody.
    ca: trustPem.trim() === '' ? [] : [trustPem],
    minVersion: 'TLSv1.3',
    // Without resumption every handshake verifies the client's certificate against the roots of today.
    secureOptions: constants.SSL_OP_NO_TICKET,
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

/** What is known of a request so far. */
interface Progress {
  route?: Route
  caller: Caller
  refuse: Refuse
  subjects: readonly string[]
}

function requestHandler(
  options: HttpSideOptions,
  ended: AbortSignal,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { clock, log } = options
  const hostCheck = createHostCheck(options.names)
  const router = createRouter(options.routes)
  let streams = 0
  return async (request, response) => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const signal = AbortSignal.any([gone.signal, ended])
    const progress: Progress = { caller: nobody, refuse: plainRefusal, subjects: [] }
    const { answer, code } = await answerTo(options, request, { hostCheck, router, progress, signal }).then(
      answer => ({ answer, code: undefined }),
      thrown => {
        const error = errorFrom(thrown)
        if (error.code === 'INTERNAL') log.error({ err: thrown, path: request.url }, 'request failed')
        return { answer: progress.refuse(error), code: error.code }
      },
    )
    await record(options, request, { progress, status: answer.status, code })
    const method = request.method ?? ''
    if (typeof answer.body === 'string' || Buffer.isBuffer(answer.body)) {
      await sendAnswer(response, answer, { clock, method, signal })
      return
    }
    if (streams >= mostStreams) {
      const error = new MeshwrightError('TOO_MANY_STREAMS', { message: `${mostStreams} watches are open already` })
      await sendAnswer(response, progress.refuse(error), { clock, method, signal })
      return
    }
    streams++
    const expiry = clock.after(progress.caller.expiresAtMs - clock.now(), () => gone.abort())
    try {
      await sendAnswer(response, answer, { clock, method, signal })
    } finally {
      expiry.cancel()
      gone.abort()
      streams--
    }
  }
}

interface Way {
  readonly hostCheck: HostCheck
  readonly router: Router
  readonly progress: Progress
  readonly signal: AbortSignal
}

async function answerTo(options: HttpSideOptions, request: IncomingMessage, way: Way): Promise<RouteAnswer> {
  const { hostCheck, router, progress, signal } = way
  checkOrigin(request)
  checkHost(request, hostCheck)
  const url = URL.parse(request.url ?? '/', 'http://daemon')
  if (url === null) throw new MeshwrightError('REQUEST_INVALID', { message: 'the request names no path' })
  const method = request.method ?? ''
  const match = router(options.side, method, url.pathname)
  if (match.kind === 'none') {
    const refusal = options.refusals?.find(({ prefix }) => `${url.pathname}/`.startsWith(prefix))
    progress.refuse = refusal?.refuse ?? plainRefusal
    throw pathUnknown(url.pathname)
  }
  if (match.kind === 'other method') {
    const refuse = match.refuse ?? plainRefusal
    const allow = [...new Set(match.allowed.flatMap(name => (name === 'GET' ? ['GET', 'HEAD'] : [name])))].join(', ')
    progress.refuse = error => ({ ...refuse(error), headers: { allow } })
    throw methodNotAllowed(method, url.pathname, allow)
  }
  const { route, parameters } = match
  progress.route = route
  progress.refuse = route.refuse ?? plainRefusal
  if (route.access !== 'anyone') {
    if (options.management === undefined) throw pathUnknown(url.pathname)
    progress.caller = options.management.authenticate(presentedBy(request))
  }
  authorize(route.access, progress.caller, parameters.namespace)
  const body = route.method === 'GET' ? undefined : await readBody(request, route)
  return route.handle(options.daemon, {
    method: route.method,
    path: url.pathname,
    parameters,
    query: url.searchParams,
    body,
    headers: request.headers,
    peerAddress: peerAddressOf(request),
    caller: progress.caller,
    signal,
    audit(subjects) {
      progress.subjects = subjects
    },
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

interface Outcome {
  readonly progress: Progress
  readonly status: number
  readonly code: string | undefined
}

async function record(
  { management, clock }: HttpSideOptions,
  request: IncomingMessage,
  { progress, status, code }: Outcome,
): Promise<void> {
  const { route, caller, subjects } = progress
  if (management === undefined) return
  const verdict: AuditRecord['verdict'] =
    status === 401 || status === 403 || status === 421 ? 'refused' : status < 400 ? 'done' : 'failed'
  if (verdict !== 'refused' && route?.audit !== 'yes' && subjects.length === 0) return
  await management.trail.record({
    at: new Date(clock.now()).toISOString(),
    caller: caller.id,
    from: peerAddressOf(request),
    method: request.method ?? '',
    target: request.url ?? '',
    endpoint: route?.path ?? '',
    verdict,
    status,
    ...(code === undefined ? {} : { code }),
    ...(subjects.length === 0 ? {} : { subjects }),
  })
}

function plainRefusal(error: MeshwrightError): RouteAnswer {
  const message = error.code === 'INTERNAL' ? 'a fault in the daemon; its log has the reason' : error.message
  const remedy = error.remedy === undefined ? {} : { remedy: error.remedy }
  // Of refused configuration every complaint apart, so that a command can name the place in its file.
  const { problems } = error.facts
  const complaints = problems === undefined ? {} : { problems }
  const answer = json({ error: { code: error.code, message, ...remedy, ...complaints } }, error.httpStatus)
  return error.code === 'ADMIN_CREDENTIAL_REFUSED' ? { ...answer, headers: { 'www-authenticate': 'Bearer' } } : answer
}
