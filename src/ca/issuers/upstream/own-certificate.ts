/**
 * The client certificate that this daemon shows to the authority above it: that of the operator's files, or, when it lives
 * longer, the one that the authority itself gave for it. Other files end that: who replaces a stolen one has replaced all. Renewed at half of its life, with a new key each time; the renewed
 * one is kept, sealed, in the data directory, and the operator's files are left alone.
 */

import { hash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Clock, Timer } from '../../../platform/clock.ts'
import { errorFrom } from '../../../platform/errors.ts'
import { writeFileAtomically } from '../../../platform/files.ts'
import type { Log } from '../../../platform/log.ts'
import { newCaKey } from '../../certificates/ca-key.ts'
import { certificateRequest } from '../../certificates/certificate-request.ts'
import { uriAltName } from '../../certificates/extensions.ts'
import { sequence } from '../../der/writer.ts'
import type { SecretSealer } from '../../sealed-secrets.ts'
import type { PairOfFiles } from '../../settings/issuer.ts'
import type { IssuerCredential } from '../remote/issuer-credential.ts'
import { endOf, lifeOf, type ShownCertificate, shownCertificateFrom, uriOf } from './shown-certificate.ts'

export interface OwnCertificate {
  /** What is to be shown now. Throws when the files cannot be used and nothing else is there. */
  current(): ShownCertificate
  status(nowMs: number): IssuerCredential
  /** Tries to renew, since the start, that failed. */
  readonly failures: number
  start(): void
  stop(): void
}

export interface OwnCertificateOptions {
  readonly files: PairOfFiles
  readonly renewal: 'automatic' | 'none'
  /** Asks the authority, showing what is current; resolves with the chain, leaf first, that was checked to lead to its roots. */
  readonly ask: (csrPem: string, ttlMs: number) => Promise<string>
  /** The data directory. */
  readonly directory: string
  readonly sealer: SecretSealer
  readonly clock: Clock
  readonly log: Log
}

const keptFileName = 'issuer-credential.sealed'
/** The files may be replaced at any time. */
const lookEveryMs = 600_000
const firstRetryMs = 5_000
const longestRetryMs = 600_000
/** What authorities of Istio's kind give at most. */
const longestLifeMs = 90 * 24 * 3_600_000

export function createOwnCertificate(options: OwnCertificateOptions): OwnCertificate {
  const { files, renewal, ask, clock, log } = options
  const keptFile = path.join(options.directory, keptFileName)
  let kept: Kept | undefined
  let given: ShownCertificate | undefined
  let givenDigest = ''
  let timer: Timer | undefined
  let fault = ''
  let failures = 0
  let retryMs = firstRetryMs
  let stopped = false

  const fromFiles = (): ShownCertificate => {
    const texts = [readFileSync(files.certificate, 'utf8'), readFileSync(files.key, 'utf8')] as const
    const digest = hash('sha256', texts.join('\n'))
    if (given !== undefined && digest === givenDigest) return given
    given = shownCertificateFrom(...texts)
    givenDigest = digest
    return given
  }
  const current = (): ShownCertificate => {
    try {
      const found = fromFiles()
      const isKeptBetter =
        kept?.ofFiles === givenDigest && uriOf(kept.shown) === uriOf(found) && endOf(kept.shown) > endOf(found)
      return isKeptBetter && kept !== undefined ? kept.shown : found
    } catch (thrown) {
      // Files that are being replaced do not fit together for a moment.
      const last = kept?.shown ?? given
      if (last === undefined) throw thrown
      return last
    }
  }
  const renew = async (shown: ShownCertificate, uri: string): Promise<void> => {
    const ofFiles = givenDigest
    const key = await newCaKey('P-256')
    const csr = certificateRequest(key, { subject: sequence(), extensions: [uriAltName(uri)] })
    const certificatePem = await ask(csr, Math.min(lifeOf(shown), longestLifeMs))
    const keyPem = key.export({ format: 'pem', type: 'pkcs8' }).toString()
    const renewed = shownCertificateFrom(certificatePem, keyPem)
    if (uriOf(renewed) !== uri) throw new Error(`the issuer answered a certificate for ${renewed.leaf.subjectAltName}`)
    if (endOf(renewed) <= endOf(shown)) throw new Error('the issuer answered a certificate that ends no later')
    const secret = Buffer.from(JSON.stringify({ certificatePem, keyPem, ofFiles }))
    writeFileAtomically(keptFile, options.sealer.seal(keptFileName, secret), 0o600)
    kept = { shown: renewed, ofFiles }
    const { serialNumber } = renewed.leaf
    log.info({ serialNumber, notAfter: isoFrom(endOf(renewed)) }, 'certificate that is shown to the issuer renewed')
  }
  /** Resolves with when to look again. */
  const look = async (): Promise<number> => {
    const shown = current()
    const uri = uriOf(shown)
    if (renewal === 'none' || uri === undefined) return lookEveryMs
    const leftMs = endOf(shown) - clock.now()
    const untilDueMs = leftMs - lifeOf(shown) / 2
    // With one that has ended nobody is authenticated.
    if (untilDueMs > 0 || leftMs <= 0) return Math.min(lookEveryMs, Math.max(untilDueMs, firstRetryMs))
    await renew(shown, uri)
    fault = ''
    retryMs = firstRetryMs
    return firstRetryMs
  }
  const lookAndAgain = async (): Promise<void> => {
    let againMs = lookEveryMs
    try {
      againMs = await look()
    } catch (thrown) {
      if (stopped) return
      fault = errorFrom(thrown).message
      failures += 1
      againMs = retryMs
      retryMs = Math.min(retryMs * 2, longestRetryMs)
      log.warn({ reason: fault, retryInMs: againMs }, 'certificate that is shown to the issuer not renewed')
    }
    if (!stopped) timer = clock.after(againMs, () => void lookAndAgain())
  }
  return {
    current,
    get failures() {
      return failures
    },
    status(nowMs) {
      const isRenewed = renewal === 'automatic'
      try {
        const shown = current()
        const ended = endOf(shown) <= nowMs ? 'put a new one into its files' : ''
        return {
          kind: 'certificate',
          notAfterMs: endOf(shown),
          lifeMs: lifeOf(shown),
          renewedBy: isRenewed && uriOf(shown) !== undefined ? 'us' : 'others',
          fault: fault || ended,
        }
      } catch (thrown) {
        const absent = { notAfterMs: undefined, lifeMs: undefined, renewedBy: 'others' } as const
        return { kind: 'certificate', ...absent, fault: errorFrom(thrown).message }
      }
    },
    start() {
      kept = keptIn(keptFile, options)
      void lookAndAgain()
    },
    stop() {
      stopped = true
      timer?.cancel()
    },
  }
}

interface Kept {
  readonly shown: ShownCertificate
  /** SHA-256 of the files that it was renewed from. */
  readonly ofFiles: string
}

/** Undefined when there is none that can be used, which is logged. */
function keptIn(file: string, { sealer, log }: OwnCertificateOptions): Kept | undefined {
  if (!existsSync(file)) return undefined
  try {
    const kept: unknown = JSON.parse(sealer.open(keptFileName, readFileSync(file)).toString('utf8'))
    // Sound: sealed with a key that only this daemon has, so it is what was written above.
    const { certificatePem, keyPem, ofFiles } = kept as Record<'certificatePem' | 'keyPem' | 'ofFiles', string>
    return { shown: shownCertificateFrom(certificatePem, keyPem), ofFiles }
  } catch (thrown) {
    log.warn({ file, reason: errorFrom(thrown).message }, 'renewed certificate for the issuer not used')
    return undefined
  }
}

const isoFrom = (ms: number): string => new Date(ms).toISOString()
