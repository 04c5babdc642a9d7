/** Calls the daemon's management API with the admin credential; trusts only the root that the credential file holds. */

import https from 'node:https'
import { checkServerIdentity } from 'node:tls'
import type { ProblemView } from '../admin/configuration-view.ts'
import { readCredential } from '../admin/credential.ts'
import { isErrorCode } from '../platform/error-codes.ts'
import { MeshwrightError } from '../platform/errors.ts'
import { printableLines } from './table.ts'

export interface ManagementClient {
  get(path: string, patience?: Patience): Promise<string>
  post(path: string, body: unknown, patience?: Patience): Promise<string>
  remove(path: string): Promise<string>
}

export interface Patience {
  /** Without a byte of an answer for so long the call has failed; 30 s when absent. */
  readonly timeoutMs: number
}

const usual: Patience = { timeoutMs: 30_000 }
/** In the daemon's certificate whatever address it listens on. */
const serverName = 'localhost'

export function managementClient(credentialFile: string): ManagementClient {
  const credential = readCredential(credentialFile)
  const call = (method: string, path: string, body?: string, { timeoutMs } = usual): Promise<string> =>
    new Promise((resolve, reject) => {
      const request = https.request(
        new URL(path, `https://${reachable(credential.address)}`),
        {
          method,
          ca: credential.rootPem,
          servername: serverName,
          // A workload's certificate has the same root, and no name: without a name here it could pose as the daemon.
          checkServerIdentity: (host, certificate) =>
            checkServerIdentity(serverName, certificate) && checkServerIdentity(host, certificate),
          agent: false,
          timeout: timeoutMs,
          headers: {
            authorization: `Bearer ${credential.token}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
        },
        response => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8')
            if ((response.statusCode ?? 500) < 300) resolve(text)
            else reject(errorFromAnswer(text))
          })
        },
      )
      request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)))
      request.on('error', cause => reject(unreachable(credential.address, cause)))
      request.end(body)
    })
  return {
    get: (path, patience) => call('GET', path, undefined, patience),
    remove: path => call('DELETE', path),
    post: (path, body, patience) => call('POST', path, JSON.stringify(body), patience),
  }
}

/** A daemon that listens on every address is called on loopback. */
function reachable(address: string): string {
  return address.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:')
}

interface AnsweredError {
  readonly code: string
  readonly message: string
  readonly remedy?: string
  /** Of refused configuration, each complaint apart. */
  readonly problems?: readonly ProblemView[]
}

/** What the daemon complains of in a change that it refused; empty for other errors. */
export function answeredProblems(error: MeshwrightError): readonly ProblemView[] {
  // Sound: only `errorFromAnswer` puts them there.
  return (error.facts.problems as readonly ProblemView[] | undefined) ?? []
}

function errorFromAnswer(text: string): MeshwrightError {
  try {
    const { error } = JSON.parse(text) as { error: AnsweredError }
    const remedy = error.remedy === undefined ? {} : { remedy: printableLines(error.remedy) }
    const message = printableLines(error.message)
    const facts = error.problems === undefined ? {} : { facts: { problems: error.problems } }
    return new MeshwrightError(isErrorCode(error.code) ? error.code : 'INTERNAL', { message, ...remedy, ...facts })
  } catch (cause) {
    return new MeshwrightError('INTERNAL', {
      message: `the daemon answered ${JSON.stringify(text.slice(0, 200))}`,
      cause,
    })
  }
}

function unreachable(address: string, cause: Error): MeshwrightError {
  return new MeshwrightError('DAEMON_UNREACHABLE', {
    message: `cannot call the daemon at ${address}: ${cause.message}`,
    remedy: 'Start it with `meshwright serve`, or give --data DIR of the one that runs.',
    cause,
  })
}
