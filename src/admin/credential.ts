/**
 * Credential files: the management address, the root to trust and a token. `admin-credential.json` (0600) is the one of the
 * daemon's own machine; `management.json` beside it has the first two, which are no secrets.
 */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { MeshwrightError } from '../platform/errors.ts'
import { writeFileAtomically } from '../platform/files.ts'

export interface AdminCredential {
  /** `HOST:PORT` of the management API. */
  readonly address: string
  readonly rootPem: string
  readonly token: string
}

export function credentialPath(dataDirectory: string): string {
  return path.join(dataDirectory, 'admin-credential.json')
}

const managementPath = (dataDirectory: string): string => path.join(dataDirectory, 'management.json')

export function writeCredential(dataDirectory: string, credential: AdminCredential): void {
  const { address, rootPem } = credential
  writeFileAtomically(credentialPath(dataDirectory), `${JSON.stringify(credential, undefined, 2)}\n`, 0o600)
  writeFileAtomically(managementPath(dataDirectory), `${JSON.stringify({ address, rootPem }, undefined, 2)}\n`, 0o644)
}

/** Where the daemon of this directory listens, or did last. Throws `ADMIN_CREDENTIAL_UNREADABLE`. */
export function readManagement(dataDirectory: string): Omit<AdminCredential, 'token'> {
  const { address, rootPem } = readJson(managementPath(dataDirectory))
  if (typeof address !== 'string' || typeof rootPem !== 'string') {
    throw unreadable(`${managementPath(dataDirectory)}: address and rootPem are needed`)
  }
  return { address, rootPem }
}

/** Throws `ADMIN_CREDENTIAL_UNREADABLE`. */
export function readCredential(file: string): AdminCredential {
  const { address, rootPem, token } = readJson(file)
  if (typeof address !== 'string' || typeof rootPem !== 'string' || typeof token !== 'string' || token.length < 32) {
    throw unreadable(`${file}: address, rootPem and token are needed`)
  }
  return { address, rootPem, token }
}

function readJson(file: string): Partial<AdminCredential> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<AdminCredential>
  } catch (cause) {
    throw unreadable(`${file}: ${(cause as Error).message}`, cause)
  }
}

function unreadable(message: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('ADMIN_CREDENTIAL_UNREADABLE', {
    message: `cannot read the admin credential ${message}`,
    remedy: "Run where the daemon's data directory is readable and give --data DIR or --credential FILE.",
    cause,
  })
}
