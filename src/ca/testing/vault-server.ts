/**
 * A small server that follows the published API of Vault's and OpenBao's PKI, as far as issuing needs it: logins, tokens
 * that end, roles, verbatim signing, being sealed (https://openbao.org/api-docs/secret/pki/).
 */

import { randomBytes, X509Certificate } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ForeignAuthority, foreignAuthority, foreignLeaf } from './foreign-authority.ts'
import { x509 } from './peculiar.ts'

export interface VaultServer {
  readonly address: string
  readonly root: ForeignAuthority
  /** Tokens that were given out by logins, the newest last. */
  readonly tokens: readonly string[]
  readonly calls: readonly string[]
  /** 503, as long as it is true. */
  isSealed: boolean
  /** Seconds. */
  leaseSeconds: number
  /** Signs something else than it was asked for. */
  misbehaves: 'not' | 'adds-a-name' | 'another-key' | 'is-an-authority' | 'lives-too-long'
  revoke(token: string): void
  stop(): Promise<void>
}

export interface VaultServerOptions {
  readonly roleId: string
  readonly secretId: string
  readonly jwt: string
}

export const vaultRole = 'workloads'
export const vaultServerRole = 'servers'
export const rootToken = 'hvs.root'

export async function startVaultServer(options: VaultServerOptions): Promise<VaultServer> {
  const root = await foreignAuthority('vault root')
  const issuing = await foreignAuthority('vault issuing', { by: root, pathLength: 0 })
  const tokens = new Set<string>()
  const calls: string[] = []
  const state = { isSealed: false, leaseSeconds: 3600, misbehaves: 'not' as VaultServer['misbehaves'] }

  const newToken = (): unknown => {
    const token = `hvs.${randomBytes(12).toString('base64url')}`
    tokens.add(token)
    return { auth: { client_token: token, lease_duration: state.leaseSeconds, renewable: true } }
  }
  const answer = async (call: Call): Promise<Answer> => {
    if (state.isSealed) return errors(503, 'Vault is sealed')
    switch (call.path) {
      case 'pki/ca_chain':
        return { status: 200, body: `${issuing.certPem}${root.certPem}` }
      case 'pki/ca/pem':
        return { status: 200, body: issuing.certPem }
      case 'auth/approle/login':
        if (call.body.role_id !== options.roleId || call.body.secret_id !== options.secretId) {
          return errors(400, 'invalid role or secret ID')
        }
        return { status: 200, body: newToken() }
      case 'auth/kubernetes/login':
        if (call.body.role !== 'meshwright' || call.body.jwt !== options.jwt) return errors(403, 'permission denied')
        return { status: 200, body: newToken() }
    }
    if (call.token !== rootToken && !tokens.has(call.token)) return errors(403, 'permission denied')
    switch (call.path) {
      case 'auth/token/lookup-self':
        return { status: 200, body: { data: { ttl: state.leaseSeconds, renewable: true } } }
      case 'auth/token/renew-self':
        return {
          status: 200,
          body: { auth: { client_token: call.token, lease_duration: state.leaseSeconds, renewable: true } },
        }
      case `pki/sign/${vaultRole}`: {
        const uri = text(call.body.uri_sans)
        if (!uri.startsWith('spiffe://cluster.local/')) return errors(400, `URI SAN ${uri} not allowed by this role`)
        return signed(call, [{ type: 'url', value: uri }])
      }
      case `pki/sign/${vaultServerRole}`:
        return signed(call, [
          ...text(call.body.alt_names)
            .split(',')
            .map(value => ({ type: 'dns', value }) as const),
          ...text(call.body.ip_sans)
            .split(',')
            .map(value => ({ type: 'ip', value }) as const),
        ])
      case 'pki/sign-verbatim':
        return signed(call, 'as-requested')
    }
    return errors(404, 'no handler for route')
  }
  const signed = async ({ body }: Call, names: x509.JsonGeneralNames | 'as-requested'): Promise<Answer> => {
    const request = new x509.Pkcs10CertificateRequest(text(body.csr))
    if (!(await request.verify())) return errors(400, 'the request is not signed by its key')
    const asked = request.extensions.find(({ type }) => type === subjectAltName)
    const wanted = names === 'as-requested' ? (asked ?? []) : names
    const lifeMs = Number(/^(\d+)s$/.exec(text(body.ttl))?.[1]) * 1000
    const { misbehaves } = state
    if (misbehaves === 'is-an-authority') {
      const { certPem } = await foreignAuthority('x', { by: issuing })
      return { status: 200, body: { data: { certificate: certPem, issuing_ca: issuing.certPem } } }
    }
    const other = misbehaves === 'another-key' ? (await foreignAuthority('x')).keys.publicKey : undefined
    const evil: x509.JsonGeneralNames = [{ type: 'url', value: 'spiffe://cluster.local/ns/photo/sa/web' }, evilName]
    const certificate = await foreignLeaf(issuing, {
      publicKey: other ?? request.publicKey,
      names: misbehaves === 'adds-a-name' ? evil : wanted,
      notAfter: new Date(Date.now() + lifeMs + (misbehaves === 'lives-too-long' ? 3_600_000 : 0)),
    })
    const chain = [issuing.certPem.trim(), root.certPem.trim()]
    const data = {
      certificate: certificate.trim(),
      issuing_ca: issuing.certPem.trim(),
      ca_chain: chain,
      serial_number: new X509Certificate(certificate).serialNumber,
    }
    return { status: 200, body: { data } }
  }
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const path = (request.url ?? '').replace(/^\/v1\//, '')
      calls.push(`${request.method} ${path}`)
      const body = chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Call['body'])
      const { status, body: content } = await answer({
        path,
        token: text(request.headers['x-vault-token']),
        body,
      }).catch((thrown: unknown) => errors(500, String(thrown)))
      response.writeHead(status).end(typeof content === 'string' ? content : JSON.stringify(content))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    ...{ root, calls },
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get tokens() {
      return [...tokens]
    },
    get isSealed() {
      return state.isSealed
    },
    set isSealed(value) {
      state.isSealed = value
    },
    get leaseSeconds() {
      return state.leaseSeconds
    },
    set leaseSeconds(value) {
      state.leaseSeconds = value
    },
    get misbehaves() {
      return state.misbehaves
    },
    set misbehaves(value) {
      state.misbehaves = value
    },
    revoke: token => void tokens.delete(token),
    stop() {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

const subjectAltName = '2.5.29.17'
const evilName = { type: 'dns', value: 'evil.example' } as const

interface Call {
  readonly path: string
  readonly token: string
  readonly body: Readonly<Record<string, unknown>>
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

function errors(status: number, reason: string): Answer {
  return { status, body: { errors: [reason] } }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
