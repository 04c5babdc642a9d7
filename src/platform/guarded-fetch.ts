/**
 * The one way by which the daemon fetches a URL that somebody configured: HTTPS only, every address looked at after DNS
 * (and the connection made to exactly those addresses), again after every redirect, with a cap on size and time.
 *
 *   url ─▶ https? no credentials? ─▶ resolve ─▶ every address permitted? ─▶ connect to them ─▶ 200, within the caps
 */

import { X509Certificate } from 'node:crypto'
import dns from 'node:dns'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import net, { type LookupFunction } from 'node:net'
import type { PeerCertificate } from 'node:tls'
import { type AddressGuard, type AddressRules, createAddressGuard } from './address-guard.ts'
import type { Clock } from './clock.ts'
import { MeshwrightError } from './errors.ts'

/** Throws `FETCH_REFUSED` for what the rules forbid, `FETCH_FAILED` for what may work another time. */
export type GuardedFetch = (request: FetchRequest) => Promise<FetchedDocument>

export interface FetchRequest {
  readonly url: string
  readonly accept?: string
  readonly largestBytes: number
  /** From the first look-up to the last byte, redirects included. */
  readonly timeoutMs: number
  readonly server?: ServerCheck
}

export type ServerCheck =
  /** The host name, against these roots, or those of the system when absent. */
  | { readonly kind: 'web'; readonly rootsPem?: string }
  /** The one URI of the certificate, against these roots only. */
  | { readonly kind: 'spiffe'; readonly id: string; readonly rootsPem: string }

export interface FetchedDocument {
  readonly body: Buffer
  /** Where it came from in the end. */
  readonly url: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
}

export interface GuardedFetchOptions extends AddressRules {
  readonly clock: Pick<Clock, 'after'>
  /** All addresses of a host name; the system's resolver when absent. */
  readonly resolve?: (hostName: string) => Promise<readonly string[]>
}

/** Throws when `allow` or `refuse` hold what is no CIDR block. */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const guard = createAddressGuard(options)
  const resolve = options.resolve ?? systemResolve
  return async request => {
    const stopping = new AbortController()
    const timer = options.clock.after(request.timeoutMs, () =>
      stopping.abort(failed(request.url, `there was no whole answer within ${request.timeoutMs} ms`)),
    )
    try {
      return await fetchFollowing({ request, guard, resolve, signal: stopping.signal })
    } catch (thrown) {
      if (stopping.signal.aborted) throw stopping.signal.reason
      if (thrown instanceof MeshwrightError) throw thrown
      throw failed(request.url, (thrown as Error).message, thrown)
    } finally {
      timer.cancel()
      stopping.abort()
    }
  }
}

const mostRedirects = 3

interface Fetching {
  readonly request: FetchRequest
  readonly guard: AddressGuard
  readonly resolve: (hostName: string) => Promise<readonly string[]>
  readonly signal: AbortSignal
}

async function fetchFollowing(fetching: Fetching): Promise<FetchedDocument> {
  const { request } = fetching
  let url = parseUrl(request.url, request.url)
  for (let hops = 0; hops <= mostRedirects; hops += 1) {
    const response = await open(url, fetching)
    const location = redirectOf(response)
    if (location === undefined) return bodyOf(response, url, request)
    response.destroy()
    url = parseUrl(location, request.url, url)
  }
  throw refused(request.url, `it is redirected more than ${mostRedirects} times`)
}

function parseUrl(text: string, asked: string, base?: URL): URL {
  const url = URL.parse(text, base?.href)
  if (url === null) throw refused(asked, 'it is no URL')
  if (url.protocol !== 'https:') throw refused(asked, `${url.protocol} is not https:`)
  if (url.username !== '' || url.password !== '') throw refused(asked, 'it holds credentials')
  return url
}

async function open(url: URL, fetching: Fetching): Promise<IncomingMessage> {
  const { request, signal } = fetching
  const addresses = await permittedAddresses(url, fetching)
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const call = https.get(url, {
    // A connection of its own: none is shared with what was checked by other rules.
    agent: false,
    lookup: pinnedLookup(addresses),
    signal,
    minVersion: 'TLSv1.2',
    maxHeaderSize: 16 * 1024,
    headers: {
      accept: request.accept ?? 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'meshwright',
    },
    ...tlsOptions(request.server ?? { kind: 'web' }),
  })
  call.once('response', resolve)
  call.once('error', reject)
  return promise
}

async function permittedAddresses(url: URL, { request, guard, resolve, signal }: Fetching): Promise<readonly string[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = net.isIP(host) === 0 ? await unlessAborted(resolve(host), signal) : [host]
  if (addresses.length === 0) throw failed(request.url, `${host} has no address`)
  for (const address of addresses) {
    const reason = guard.refusalOf(address)
    if (reason !== undefined) throw refused(request.url, `${host} is ${address}, ${reason}`)
  }
  return addresses
}

/** What was checked is what is connected to: a second answer of DNS is never asked for. */
function pinnedLookup(addresses: readonly string[]): LookupFunction {
  const found = addresses.map(address => ({ address, family: net.isIP(address) }))
  return (_hostName, options, callback) => {
    if (options.all === true) callback(null, found)
    else callback(null, found[0]?.address ?? '', found[0]?.family)
  }
}

function tlsOptions(server: ServerCheck): https.RequestOptions {
  if (server.kind === 'web') return server.rootsPem === undefined ? {} : { ca: server.rootsPem }
  return {
    ca: server.rootsPem,
    checkServerIdentity: (_host, certificate) => spiffeFault(certificate, server.id),
  }
}

function spiffeFault(certificate: PeerCertificate, id: string): Error | undefined {
  const names = new X509Certificate(certificate.raw).subjectAltName ?? ''
  // Node quotes a name that holds separators, so a crafted one cannot look like two; no sound URI needs that.
  const uris = names.includes('"') ? [] : names.split(', ').filter(name => name.startsWith('URI:'))
  if (uris.length === 1 && uris[0] === `URI:${id}`) return undefined
  return new Error(`the server's certificate is not for ${id}`)
}

function redirectOf({ statusCode, headers }: IncomingMessage): string | undefined {
  return statusCode !== undefined && [301, 302, 303, 307, 308].includes(statusCode) ? headers.location : undefined
}

async function bodyOf(response: IncomingMessage, url: URL, request: FetchRequest): Promise<FetchedDocument> {
  const { largestBytes } = request
  try {
    if (response.statusCode !== 200) throw failed(request.url, `the server answered ${response.statusCode}`)
    const encoding = response.headers['content-encoding'] ?? 'identity'
    if (encoding !== 'identity') throw failed(request.url, `the answer is encoded: ${encoding}`)
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > largestBytes) throw failed(request.url, `the answer is larger than ${largestBytes} bytes`)
      chunks.push(chunk)
    }
    if (!response.complete) throw failed(request.url, 'the answer was cut off')
    return { body: Buffer.concat(chunks), url: url.href, headers: headersOf(response) }
  } finally {
    response.destroy()
  }
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) if (typeof value === 'string') found[name] = value
  return found
}

async function systemResolve(hostName: string): Promise<readonly string[]> {
  return (await dns.promises.lookup(hostName, { all: true })).map(({ address }) => address)
}

/** The system's resolver cannot be stopped; its answer is then dropped. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function refused(url: string, reason: string): MeshwrightError {
  return new MeshwrightError('FETCH_REFUSED', {
    message: `${shown(url)} is not fetched: ${reason}`,
    remedy:
      'Use an https URL of a public or private host; addresses that are refused by default can be allowed in the settings.',
  })
}

function failed(url: string, reason: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('FETCH_FAILED', { message: `${shown(url)} could not be fetched: ${reason}`, cause })
}

/** A query may hold what is secret, and so may credentials before the host. */
function shown(url: string): string {
  const parsed = URL.parse(url)
  return parsed === null ? JSON.stringify(url.slice(0, 100)) : `${parsed.protocol}//${parsed.host}${parsed.pathname}`
}
