/**
 * The daemon's own TLS certificate: a fresh key at each start (it touches the disk only for an issuer elsewhere), issued through the gate like
 * any other, renewed before half its life. The chain goes up to the root itself, because an agent that joins knows the
 * root by its fingerprint only and must be sent it (platform/join-token.ts).
 */

import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { proveOwnServer } from '../authenticate/own-server.ts'
import { certificateRequest } from '../certificates/certificate-request.ts'
import { subjectAltName } from '../certificates/extensions.ts'
import type { Gate } from '../certificates/issue.ts'
import { subjectPublicKeyFrom } from '../certificates/public-key.ts'
import { DerReader } from '../der/reader.ts'
import { tags } from '../der/tags.ts'
import { sequence } from '../der/writer.ts'
import type { KeptServerCertificate } from './kept-server-certificate.ts'

export interface ServerCertificate {
  /** Leaf, intermediates, roots. */
  readonly certificateChainPem: string
  /** PKCS #8. A secret. */
  readonly privateKeyPem: string
  readonly notAfterMs: number
}

export interface ServerCertificates {
  /** The one in force; the first call makes it. */
  current(): Promise<ServerCertificate>
  /** Called with each renewed one, and when what it is presented with has changed; returns how to stop that. */
  onRenewal(handler: (certificate: ServerCertificate) => void): () => void
  /** A new key and certificate now, beside the schedule; resolves also when it failed, which is then logged and tried again. */
  renew(): Promise<void>
  /** The wall clock has been set; see platform/clock-jumps.ts. */
  clockJumped(jumpMs: number): void
  /** The roots behind it have changed. */
  presentAgain(): void
  /** Fingerprint of the certificate that signed it. */
  issuerFingerprint(): string | undefined
  stop(): void
}

export interface ServerCertificatesOptions {
  readonly gate: Gate
  readonly clock: Clock
  readonly log: Log
  /** DNS names and IP addresses. */
  readonly names: readonly string[]
  /** What comes behind leaf and intermediates. */
  readonly presentedRootsPem: () => string
  /** For an issuer elsewhere, which may not answer at a start. */
  readonly kept?: KeptServerCertificate
}

export function createServerCertificates(options: ServerCertificatesOptions): ServerCertificates {
  const { clock, log } = options
  const handlers = new Set<(certificate: ServerCertificate) => void>()
  let current: Promise<OwnCertificate> | undefined
  let inForce: OwnCertificate | undefined
  let presented: ServerCertificate | undefined
  let timer: Timer | undefined
  let dueMs = Number.POSITIVE_INFINITY
  let stopped = false

  const adopt = (made: OwnCertificate): void => {
    current = Promise.resolve(made)
    inForce = made
    presented = undefined
    dueMs = clock.now() + renewAfterMs(made, clock)
    wake(dueMs - clock.now())
  }
  const tell = (): void => {
    if (inForce === undefined || stopped) return
    presented = present(inForce, options)
    for (const handler of handlers) handler(presented)
  }
  const wake = (afterMs: number): void => {
    timer?.cancel()
    if (!stopped) timer = clock.after(afterMs, () => void renew())
  }
  const renew = async (): Promise<void> => {
    try {
      const made = await makeCertificate(options)
      if (stopped) return
      adopt(made)
      log.info({ notAfterMs: made.notAfterMs }, 'server certificate renewed')
      tell()
    } catch (thrown) {
      log.error({ err: errorFrom(thrown) }, 'server certificate not renewed')
      wake(retryMs)
    }
  }
  const first = async (): Promise<OwnCertificate> => {
    try {
      const made = await makeCertificate(options)
      adopt(made)
      return made
    } catch (thrown) {
      const kept = errorFrom(thrown).code === 'CA_ISSUER_UNAVAILABLE' ? options.kept?.load(clock.now()) : undefined
      if (kept === undefined) throw thrown
      log.warn({ reason: errorFrom(thrown).message }, 'serving with the server certificate of the last run')
      adopt(kept)
      wake(retryMs)
      return kept
    }
  }
  return {
    async current() {
      current ??= first()
      try {
        const own = await current
        presented ??= present(own, options)
        return presented
      } catch (thrown) {
        current = undefined
        throw thrown
      }
    },
    onRenewal(handler) {
      handlers.add(handler)
      return () => void handlers.delete(handler)
    },
    renew,
    clockJumped(jumpMs) {
      if (inForce === undefined) return
      // One that was made before a jump back may begin only later for peers whose clocks are right.
      wake(jumpMs < 0 ? 0 : dueMs - clock.now())
    },
    presentAgain: tell,
    issuerFingerprint: () => inForce?.issuerFingerprint,
    stop() {
      stopped = true
      timer?.cancel()
    },
  }
}

const retryMs = 60_000
const renewAtPartOfLife = 0.45

export interface OwnCertificate {
  /** Leaf and intermediates. */
  readonly issuedPem: string
  readonly issuerFingerprint: string
  readonly privateKeyPem: string
  readonly notAfterMs: number
}

function present(own: OwnCertificate, { presentedRootsPem }: ServerCertificatesOptions): ServerCertificate {
  const { issuedPem, privateKeyPem, notAfterMs } = own
  return { certificateChainPem: issuedPem + presentedRootsPem(), privateKeyPem, notAfterMs }
}

function renewAfterMs(certificate: OwnCertificate, clock: Clock): number {
  return (certificate.notAfterMs - clock.now()) * renewAtPartOfLife
}

const newKeyPair = promisify(generateKeyPair)

async function makeCertificate(options: ServerCertificatesOptions): Promise<OwnCertificate> {
  const pair = await newKeyPair('ec', { namedCurve: 'P-256' })
  const info = pair.publicKey.export({ format: 'der', type: 'spki' })
  const proof = proveOwnServer(options.names)
  // For an issuer elsewhere, which wants to see a request.
  const request = (): string =>
    certificateRequest(pair.privateKey, { subject: sequence(), extensions: [subjectAltName(proof)] })
  const publicKey = { ...subjectPublicKeyFrom(new DerReader(info).read(tags.sequence)), request }
  const issued = await options.gate.issue(proof, publicKey, 0)
  const own = {
    issuedPem: [issued.leafPem, ...issued.intermediatePems].join(''),
    issuerFingerprint: issued.issuerFingerprint,
    privateKeyPem: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    notAfterMs: issued.notAfterMs,
  }
  options.kept?.save(own)
  return own
}
