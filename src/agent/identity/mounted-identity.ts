/**
 * The workload's certificate from files that somebody else writes and renews: the three names that Istio's first releases
 * mounted below /etc/certs. Followed while the agent runs; files that do not belong together, as while they are being
 * replaced, leave what was good in force. No key leaves the host, and nothing is asked of the authority.
 */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { watchFiles } from '../../platform/watched-files.ts'
import type { AgentMetrics } from '../metrics.ts'
import { NotYetValid } from './not-yet-valid.ts'
import { type WorkloadCertificate, workloadCertificateFrom } from './workload-certificate.ts'
import type { WorkloadIdentity } from './workload-identity.ts'

export interface MountedIdentityOptions {
  /** Holds cert-chain.pem, key.pem and root-cert.pem. */
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Pick<AgentMetrics, 'fileSecretFailures' | 'setCertificateExpiry'>
}

export const defaultMountDirectory = '/etc/certs'

/** Files may come late, and a clock may be behind the beginning of a certificate. */
const againMs = 5_000

/** `start` waits until there is a certificate that holds; `renew` looks at the files again. */
export function createMountedIdentity(options: MountedIdentityOptions): WorkloadIdentity {
  const { directory, clock, log, metrics } = options
  const file = (name: string): string => path.join(directory, name)
  const files = ['cert-chain.pem', 'key.pem', 'root-cert.pem'].map(file)
  const listeners = new Set<(certificate: WorkloadCertificate) => void>()
  let current: WorkloadCertificate | undefined
  let unwatch: () => void = () => undefined
  let timer: Timer | undefined

  const read = (): WorkloadCertificate => {
    const [chainPem = '', keyPem = '', rootsPem = ''] = files.map(readText)
    const found = workloadCertificateFrom({ chainPem, keyPem, rootsPem, issuedAtMs: clock.now() }, clock.now())
    if (current === undefined || current.spiffeId.uri === found.spiffeId.uri) return found
    throw unusable(`${files[0]} is for ${found.spiffeId.uri} now, and the agent runs for ${current.spiffeId.uri}`)
  }
  const adopt = (certificate: WorkloadCertificate): void => {
    current = certificate
    const { spiffeId, serialNumber, notAfterMs } = certificate
    const notAfter = new Date(notAfterMs).toISOString()
    log.info({ identity: spiffeId.uri, serial: serialNumber, notAfter, directory }, 'certificate in use')
  }
  const take = (): void => {
    const found = read()
    if (current !== undefined && isSame(found, current)) return
    adopt(found)
    for (const listener of listeners) listener(found)
  }
  const refuse = (thrown: unknown): void => {
    metrics.fileSecretFailures.inc()
    log.warn({ directory, reason: errorFrom(thrown).message }, 'mounted certificate not used')
  }

  /** Resolves when there is one; from then on changes are taken over by `take`. */
  const first = (signal: AbortSignal): Promise<WorkloadCertificate> =>
    new Promise((resolve, reject) => {
      const abort = (): void => reject(signal.reason)
      const look = (): void => {
        if (current !== undefined || signal.aborted) return
        timer?.cancel()
        try {
          adopt(read())
        } catch (thrown) {
          refuse(thrown)
          timer = clock.after(againMs, look)
        }
        if (current === undefined) return
        signal.removeEventListener('abort', abort)
        resolve(current)
      }
      signal.addEventListener('abort', abort, { once: true })
      const onChange = (): void => {
        timer?.cancel()
        try {
          if (current === undefined) look()
          else take()
        } catch (thrown) {
          refuse(thrown)
          // The files are as they should be, and it is the clock that will be set, or gets there.
          if (thrown instanceof NotYetValid) timer = clock.after(againMs, onChange)
        }
      }
      unwatch = watchFiles({ files, onChange, clock, log })
      look()
    })

  const stop = (): void => {
    unwatch()
    timer?.cancel()
  }
  return {
    async start(signal) {
      signal.throwIfAborted()
      try {
        const certificate = await first(signal)
        metrics.setCertificateExpiry('default', () => current?.notAfterMs)
        return certificate
      } catch (thrown) {
        stop()
        throw thrown
      }
    },
    get current() {
      return current
    },
    onRenewed: listener => void listeners.add(listener),
    async renew() {
      const before = current
      take()
      if (current !== before) return
      throw new MeshwrightError('AGENT_CERTIFICATE_MOUNTED', {
        message: `the certificate comes from ${directory} and is the same as before`,
        remedy: 'Have the files written anew, for instance with `meshwright ca issue`.',
      })
    },
    stop,
  }
}

const isSame = (a: WorkloadCertificate, b: WorkloadCertificate): boolean =>
  a.chainPem === b.chainPem && a.keyPem === b.keyPem && a.rootsPem === b.rootsPem

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw unusable(`${file} cannot be read: ${(cause as Error).message}`, cause)
  }
}

function unusable(message: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('AGENT_CERTIFICATE_INVALID', { message, cause })
}
