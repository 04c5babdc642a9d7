/**
 * Secrets that are files of the workload, served by the names that Istio gives them: `file-cert:CHAIN~KEY`,
 * `file-root:PATH`, `file-root:system`. Followed for as long as Envoy asks for them; a file that cannot be used leaves the
 * last good content in force. Only certificates, and keys that belong to one, are ever passed on: whoever configures
 * Envoy could name the same files to it directly, because Envoy runs as the same user.
 */

import { createPrivateKey } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { Clock } from '../../platform/clock.ts'
import type { EncodedResource } from '../../platform/encoded-resource.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { watchFiles } from '../../platform/watched-files.ts'
import { parseCertificates } from '../identity/workload-certificate.ts'
import { type FileSecret, fileSecret } from './secret-resources.ts'

export interface FileSecrets {
  /** Follows the files of these names from now on, and no others. Names of other secrets are passed over. */
  want(names: Iterable<string>): void
  stop(): void
}

export interface FileSecretsOptions {
  /** Undefined: nobody asks for it any more. Called within `want` when the file is there. */
  readonly put: (name: string, resource: EncodedResource | undefined) => void
  readonly onFailure?: (() => void) | undefined
  readonly clock: Clock
  readonly log: Log
  /** Where the system's roots may be, the first that exists; the usual places when absent. */
  readonly systemRoots?: readonly string[]
}

export function createFileSecrets(options: FileSecretsOptions): FileSecrets {
  const { put, onFailure, clock, log, systemRoots = usualSystemRoots } = options
  const followed = new Map<string, () => void>()

  const look = (name: string, files: readonly string[]): void => {
    try {
      put(name, fileSecret(name, readSecret(files)))
    } catch (thrown) {
      onFailure?.()
      log.warn(
        { secret: name, reason: errorFrom(thrown).message },
        'file not used; what was good before stays in force',
      )
    }
  }
  const follow = (name: string): void => {
    const files = filesOf(name, systemRoots)
    if (files === undefined) {
      if (name.startsWith(certificateScheme) || name.startsWith(rootsScheme))
        log.warn({ secret: name }, 'no file is named')
      followed.set(name, () => undefined)
      return
    }
    followed.set(name, watchFiles({ files, onChange: () => look(name, files), clock, log }))
    look(name, files)
  }
  return {
    want(names) {
      const wanted = new Set(names)
      for (const [name, unfollow] of followed) {
        if (wanted.has(name)) continue
        unfollow()
        followed.delete(name)
        if (filesOf(name, systemRoots) !== undefined) put(name, undefined)
      }
      for (const name of wanted) if (!followed.has(name)) follow(name)
    },
    stop() {
      for (const unfollow of followed.values()) unfollow()
      followed.clear()
    },
  }
}

const certificateScheme = 'file-cert:'
const rootsScheme = 'file-root:'

/** Debian, Red Hat, SUSE, older Red Hat, Alpine, BSD. */
const usualSystemRoots = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
  '/usr/local/share/certs/ca-root-nss.crt',
]

/** One file: roots; two: chain and key. Undefined: the name is none of a file. */
function filesOf(name: string, systemRoots: readonly string[]): readonly string[] | undefined {
  if (name === `${rootsScheme}system`) return [systemRoots.find(isFile) ?? systemRoots[0] ?? '']
  if (name.startsWith(rootsScheme)) return nonEmpty([name.slice(rootsScheme.length)])
  if (!name.startsWith(certificateScheme)) return undefined
  const files = name.slice(certificateScheme.length).split('~')
  return files.length === 2 ? nonEmpty(files) : undefined
}

const nonEmpty = (files: readonly string[]): readonly string[] | undefined => (files.includes('') ? undefined : files)

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true
}

const longestFileBytes = 2 * 1024 * 1024

function readSecret([first = '', keyFile]: readonly string[]): FileSecret {
  const certificates = parseCertificates(readText(first))
  const pem = certificates.map(certificate => certificate.toString()).join('')
  const [leaf] = certificates
  if (leaf === undefined) throw unusable(`${first} holds no certificate`)
  if (keyFile === undefined) return { kind: 'roots', rootsPem: pem }
  const key = createPrivateKey(readText(keyFile))
  if (!leaf.checkPrivateKey(key)) throw unusable(`the key in ${keyFile} is not that of the certificate in ${first}`)
  return { kind: 'certificate', chainPem: pem, keyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

/** No device and no pipe, whose reading might never end. */
function readText(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats === undefined) throw unusable(`${file} is not there`)
  if (!stats.isFile()) throw unusable(`${file} is no file`)
  if (stats.size > longestFileBytes) throw unusable(`${file} is larger than ${longestFileBytes} bytes`)
  return readFileSync(file, 'utf8')
}

function unusable(message: string): MeshwrightError {
  return new MeshwrightError('AGENT_CERTIFICATE_INVALID', { message })
}
