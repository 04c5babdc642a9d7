/** The daemon's own TLS certificate from files that others keep up to date, in place of one that is issued here. */

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Clock } from '../../platform/clock.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { watchFiles } from '../../platform/watched-files.ts'
import type { PairOfFiles } from '../settings/issuer.ts'
import type { ServerCertificate, ServerCertificates } from './server-certificate.ts'

export interface ServerCertificateFilesOptions {
  readonly files: PairOfFiles
  readonly clock: Clock
  readonly log: Log
  /** What comes behind the chain in the file. */
  readonly presentedRootsPem: () => string
}

/** The first `current()` throws `CA_SETTINGS_INVALID` when the files cannot be used; later the last good ones stay. */
export function serverCertificatesFromFiles(options: ServerCertificateFilesOptions): ServerCertificates {
  const { files, clock, log, presentedRootsPem } = options
  const handlers = new Set<(certificate: ServerCertificate) => void>()
  let pair: Omit<ServerCertificate, 'certificateChainPem'> & { readonly chainPem: string }
  let stopWatching: (() => void) | undefined

  const present = (): ServerCertificate => {
    const { chainPem, ...rest } = pair
    return { ...rest, certificateChainPem: chainPem + presentedRootsPem() }
  }
  const tell = (): void => {
    if (stopWatching === undefined) return
    const presented = present()
    for (const handler of handlers) handler(presented)
  }
  const look = (): void => {
    try {
      pair = readPair(files, clock.now())
      log.info({ file: files.certificate, notAfterMs: pair.notAfterMs }, 'server certificate read')
      tell()
    } catch (thrown) {
      log.error({ reason: errorFrom(thrown).message }, 'server certificate not read; the last good one stays')
    }
  }
  return {
    async current() {
      if (stopWatching === undefined) {
        pair = readPair(files, clock.now())
        stopWatching = watchFiles({ files: [files.certificate, files.key], onChange: look, clock, log })
      }
      return present()
    },
    onRenewal(handler) {
      handlers.add(handler)
      return () => void handlers.delete(handler)
    },
    // Who keeps the files renews them.
    renew: async () => undefined,
    clockJumped: () => undefined,
    presentAgain: tell,
    issuerFingerprint: () => undefined,
    stop: () => stopWatching?.(),
  }
}

function readPair(files: PairOfFiles, nowMs: number) {
  try {
    const chainPem = `${readFileSync(files.certificate, 'utf8').trimEnd()}\n`
    const privateKeyPem = readFileSync(files.key, 'utf8')
    const leaf = new X509Certificate(chainPem)
    if (!leaf.checkPrivateKey(createPrivateKey(privateKeyPem)))
      throw new Error('the key is not that of the certificate')
    const notAfterMs = leaf.validToDate.getTime()
    if (notAfterMs <= nowMs) throw new Error(`the certificate ended at ${leaf.validToDate.toISOString()}`)
    return { chainPem, privateKeyPem, notAfterMs }
  } catch (cause) {
    throw new MeshwrightError('CA_SETTINGS_INVALID', {
      message: `issuer.server: ${files.certificate} with ${files.key}: ${(cause as Error).message}`,
      remedy: "Put the daemon's own certificate chain and its key there, as PEM.",
      cause,
    })
  }
}
