/** Calls the management side of a daemon as any client would: with a token, a certificate or nothing. */

import https from 'node:https'
import { type AdminCredential, credentialPath, readCredential } from '../../admin/credential.ts'
import { certificateRequest, formatKey, generateKey } from '../../agent/identity/certificate-request.ts'

export interface Credential {
  readonly token?: string
  readonly certificate?: { readonly chainPem: string; readonly keyPem: string }
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  json(): unknown
}

export interface CallOptions {
  readonly credential?: Credential
  readonly headers?: Readonly<Record<string, string>>
  /** Objects are sent as JSON. */
  readonly body?: unknown
}

export interface ManagementCaller {
  readonly local: AdminCredential
  /** With the local admin token unless told otherwise. */
  call(method: string, target: string, options?: CallOptions): Promise<Answer>
  /** A client certificate of the mesh, asked for with the local admin token. */
  certificateFor(namespace: string, serviceAccount: string): Promise<Required<Credential>['certificate']>
}

export function managementCaller(dataDirectory: string): ManagementCaller {
  const local = readCredential(credentialPath(dataDirectory))
  const call = (method: string, target: string, options: CallOptions = {}): Promise<Answer> => {
    const { credential = { token: local.token }, headers = {}, body } = options
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const request = https.request(
        `https://${local.address}${target}`,
        {
          method,
          ca: local.rootPem,
          servername: 'localhost',
          agent: false,
          ...(credential.certificate === undefined
            ? {}
            : { cert: credential.certificate.chainPem, key: credential.certificate.keyPem }),
          headers: {
            ...(credential.token === undefined ? {} : { authorization: `Bearer ${credential.token}` }),
            ...(text === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
            ...headers,
          },
        },
        response => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => {
            const answer = Buffer.concat(chunks).toString('utf8')
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: answer,
              json: () => JSON.parse(answer) as unknown,
            })
          })
        },
      )
      request.on('error', reject)
      request.end(text)
    })
  }
  return {
    local,
    call,
    async certificateFor(namespace, serviceAccount) {
      const key = await generateKey('ec-p256')
      const csr = certificateRequest(key, 'spiffe://cluster.local/ns/x/sa/x')
      const answer = await call('POST', '/v1/ca/certificates', { body: { namespace, serviceAccount, csr } })
      const { certificateChain } = answer.json() as { certificateChain: string }
      return { chainPem: certificateChain, keyPem: formatKey(key) }
    },
  }
}
