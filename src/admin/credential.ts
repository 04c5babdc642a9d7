/** The local admin credential: a file (0600) in the data directory with the management address, its root and the token. */

import { randomBytes } from 'node:crypto'
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

/** The token that is already there, so that a restart does not end the credential that operators hold; else a new one. */
export function adminToken(dataDirectory: string): string {
  try {
    return readCredential(credentialPath(dataDirectory)).token
  } catch {
    return randomBytes(32).toString('base64url')
  }
}

export function writeCredential(dataDirectory: string, credential: AdminCredential): void {
  writeFileAtomically(credentialPath(dataDirectory), `${JSON.stringify(credential, undefined, 2)}\n`, 0o600)
}

/** Throws `ADMIN_CREDENTIAL_UNREADABLE`. */
export function readCredential(file: string): AdminCredential {
  let content: Partial<AdminCredential>
  try {
    content = JSON.parse(readFileSync(file, 'utf8')) as Partial<AdminCredential>
  } catch (cause) {
    throw unreadable(`${file}: ${(cause as Error).message}`, cause)
  }
  const { address, rootPem, token } = content
  if (typeof address !== 'string' || typeof rootPem !== 'string' || typeof token !== 'string' || token.length < 32) {
    throw unreadable(`${file}: address, rootPem and token are needed`)
  }
  return { address, rootPem, token }
}

function unreadable(message: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('ADMIN_CREDENTIAL_UNREADABLE', {
    message: `cannot read the admin credential ${message}`,
    remedy: "Run where the daemon's data directory is readable and give --data DIR or --credential FILE.",
    cause,
  })
}
