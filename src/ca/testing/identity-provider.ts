/** A real OpenID provider (oidc-provider) over HTTPS on this machine: the tests get their tokens from its token endpoint. */

import { generateKeyPairSync } from 'node:crypto'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import { type ServerPair, serverPair } from '../../platform/testing/server-pair.ts'

export interface IdentityProvider {
  readonly issuer: string
  /** Of its TLS certificate. */
  readonly rootPem: string
  /** An access token (a JWT) for a client whose id is its subject. */
  token(options?: TokenOptions): Promise<string>
  /** Answers no more. Its address stays the same for `start`. */
  stop(): Promise<void>
  /** As before, or with a new signing key of this id in place of the old one. */
  start(keyId?: string): Promise<void>
  /** From now on requests for keys are heard and not answered, until `go`. */
  stall(): { go(): void }
  /** Requests for keys so far. */
  readonly keyRequests: number
}

export interface TokenOptions {
  readonly subject?: string
  readonly audience?: string
}

const secret = 'only for tests, as are the keys'
const subjects = ['system:serviceaccount:photo:web', 'system:serviceaccount:photo:api', 'not a workload']

export async function startIdentityProvider(): Promise<IdentityProvider> {
  const pair = await serverPair(['localhost'])
  let server: https.Server | undefined
  let port = 0
  let key = signingKey('first')
  let keyRequests = 0
  let stalled: Promise<void> | undefined
  const issuer = (): string => `https://localhost:${port}`

  const start = async (keyId?: string): Promise<void> => {
    if (keyId !== undefined) key = signingKey(keyId)
    server = await listen(pair, port, (request, response) => {
      const answer = (): void => void provider.callback()(request, response)
      if (request.url === '/jwks') keyRequests += 1
      if (request.url === '/jwks' && stalled !== undefined) stalled.then(answer, answer)
      else answer()
    })
    port = (server.address() as AddressInfo).port
    const provider = newProvider(issuer(), key)
  }
  await start()
  return {
    get issuer() {
      return issuer()
    },
    rootPem: pair.rootPem,
    token: options => fetchToken(issuer(), pair, options ?? {}),
    async stop() {
      server?.closeAllConnections()
      await new Promise(resolve => server?.close(resolve))
    },
    start,
    stall() {
      const { promise, resolve } = Promise.withResolvers<void>()
      stalled = promise
      return {
        go() {
          stalled = undefined
          resolve()
        },
      }
    },
    get keyRequests() {
      return keyRequests
    },
  }
}

function listen(
  pair: ServerPair,
  port: number,
  handle: Parameters<typeof https.createServer>[1],
): Promise<https.Server> {
  const server = https.createServer({ key: pair.keyPem, cert: pair.certPem }, handle)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, 'localhost', () => resolve(server))
  })
}

function signingKey(kid: string): object {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' }
}

function newProvider(issuer: string, key: object): Provider {
  return new Provider(issuer, {
    jwks: { keys: [key] },
    cookies: { keys: [secret] },
    clients: subjects.map(subject => ({
      client_id: subject,
      client_secret: secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_post',
    })),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          scope: '',
          audience: resource.replace('https://', ''),
          accessTokenTTL: 600,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  })
}

async function fetchToken(issuer: string, pair: ServerPair, options: TokenOptions): Promise<string> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: options.subject ?? 'system:serviceaccount:photo:web',
    client_secret: secret,
    resource: `https://${options.audience ?? 'istio-ca'}`,
  }).toString()
  const text = await new Promise<string>((resolve, reject) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length }
    const call = https.request(
      `${issuer}/token`,
      { method: 'POST', ca: pair.rootPem, headers, agent: false },
      response => {
        let received = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          received += chunk
        })
        response.on('end', () => resolve(received))
      },
    )
    call.once('error', reject)
    call.end(body)
  })
  const { access_token: token } = JSON.parse(text) as { access_token?: unknown }
  if (typeof token !== 'string') throw new Error(`the provider gave no token: ${text}`)
  return token
}
