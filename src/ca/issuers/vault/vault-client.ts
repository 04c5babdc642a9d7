/** The HTTP API of Vault and OpenBao, as far as signing needs it: JSON in and out, and errors told apart by whether they pass. */

import type { IncomingMessage } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import { MeshwrightError } from '../../../platform/errors.ts'

export interface VaultClient {
  /**
   * `path` without `/v1/`. Resolves with the parsed answer, `undefined` for an empty one. Throws `CA_ISSUER_UNAVAILABLE`
   * for what may pass, `VaultDenied` when the token is not good (enough), `CA_ISSUER_REFUSED` for the rest.
   */
  call(request: VaultRequest): Promise<unknown>
  /** The answer's text. Throws likewise. */
  text(path: string): Promise<string>
  close(): void
}

export interface VaultRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly token?: string
  readonly body?: Readonly<Record<string, unknown>>
}

/** 403: the token has ended, or lacks a permission. The server does not say which. */
export class VaultDenied extends MeshwrightError {
  constructor(path: string, reason: string) {
    super('CA_ISSUER_REFUSED', {
      message: `Vault denies ${path}: ${reason}`,
      remedy: "See that the token's policy allows updates of that path.",
    })
  }
}

export interface VaultClientOptions {
  /** `https://HOST:PORT`. */
  readonly address: string
  /** PEM; the system's roots when absent. */
  readonly caPem: string | undefined
  readonly namespace: string | undefined
}

const timeoutMs = 10_000
const largestAnswer = 1024 * 1024
const mostConnections = 32

export function createVaultClient({ address, caPem, namespace }: VaultClientOptions): VaultClient {
  const isTls = address.startsWith('https:')
  const pooling = { keepAlive: true, maxSockets: mostConnections }
  const agent = isTls
    ? new https.Agent({ ...pooling, minVersion: 'TLSv1.2', ...(caPem === undefined ? {} : { ca: caPem }) })
    : new http.Agent(pooling)

  const send = async ({ method, path, token, body }: VaultRequest): Promise<string> => {
    const content = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      // Required by listeners that are guarded against forged requests.
      'x-vault-request': 'true',
      ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
      ...(token === undefined ? {} : { 'x-vault-token': token }),
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const options = { method, headers, agent, timeout: timeoutMs }
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const request = (isTls ? https : http).request(new URL(`/v1/${path}`, address), options, resolve)
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    request.on('error', reject)
    request.end(content)
    let answer: { readonly status: number; readonly text: string }
    try {
      const response = await promise
      answer = { status: response.statusCode ?? 0, text: await textOf(response) }
    } catch (cause) {
      throw unavailable(path, (cause as Error).message, cause)
    }
    if (answer.status >= 200 && answer.status < 300) return answer.text
    throw errorFromAnswer(path, answer)
  }
  return {
    async call(request) {
      const text = await send(request)
      if (text === '') return undefined
      try {
        return JSON.parse(text)
      } catch (cause) {
        throw refused(request.path, 'the answer is not JSON', cause)
      }
    },
    text: path => send({ method: 'GET', path }),
    close: () => agent.destroy(),
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > largestAnswer) throw new Error(`the answer is larger than ${largestAnswer} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Sealed, standby, or over a limit (https://developer.hashicorp.com/vault/api-docs#http-status-codes). */
function errorFromAnswer(path: string, { status, text }: { status: number; text: string }): MeshwrightError {
  const reason = reasonIn(text) || `status ${status}`
  if (status === 403) return new VaultDenied(path, reason)
  if (status === 412 || status === 429 || status === 472 || status === 473 || status >= 500) {
    return unavailable(path, `${status}: ${reason}`)
  }
  return refused(path, reason)
}

function reasonIn(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { readonly errors?: readonly unknown[] }
    return (errors ?? []).map(String).join('; ').slice(0, 500)
  } catch {
    return ''
  }
}

function unavailable(path: string, reason: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('CA_ISSUER_UNAVAILABLE', {
    message: `Vault does not answer ${path} now: ${reason}`,
    remedy: 'See that it runs, is unsealed, and is reached at its address.',
    cause,
  })
}

function refused(path: string, reason: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('CA_ISSUER_REFUSED', {
    message: `Vault refuses ${path}: ${reason}`,
    remedy: 'See docs/ca.md for what the role must allow.',
    cause,
  })
}
