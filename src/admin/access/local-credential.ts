/** The admin token in `admin-credential.json`, with which commands on the machine of the daemon call it. */

import { existsSync } from 'node:fs'
import path from 'node:path'
import { type AdminCredential, credentialPath, readCredential, readManagement, writeCredential } from '../credential.ts'
import { grantState } from './grant.ts'
import { type Grants, giveToOwner } from './grants.ts'

const ttlMs = 90 * 24 * 3_600_000
const renewWhenLeftMs = 30 * 24 * 3_600_000
const request = { name: 'local', role: { kind: 'admin' }, ttlMs, by: 'local' } as const

/**
 * The token of the file while it is in force for thirty days more, so that a restart does not end what operators hold;
 * else a new one. The old one stays good until it expires.
 */
export function localToken(directory: string, grants: Grants, nowMs: number): string {
  const token = tokenOfFile(directory)
  if (token !== undefined) {
    // A token from before there were grants. One that was revoked has a grant that says so.
    const grant = grants.ofToken(token) ?? grants.adoptToken(token, request)
    if (grantState(grant, nowMs) === 'in force' && grant.expiresAtMs - nowMs > renewWhenLeftMs) return token
  }
  return grants.createToken(request).token
}

export interface Recovered {
  readonly file: string
  readonly revoked: number
}

/**
 * A new admin token in the credential file; the one that was there is revoked, and on demand every other credential. Works
 * on the files alone, whether the daemon runs or not. Throws `GRANTS_UNREADABLE`, `ADMIN_CREDENTIAL_UNREADABLE`.
 */
export function recoverAccess(directory: string, grants: Grants, others: 'keep' | 'revoke'): Recovered {
  const by = `local:uid ${process.getuid?.() ?? 'unknown'}`
  const { address, rootPem } = readManagement(directory)
  const before = tokenOfFile(directory)
  const lost = before === undefined ? undefined : grants.ofToken(before)?.id
  const { token, grant } = grants.createToken({ ...request, name: 'local', by })
  const toRevoke = grants
    .list()
    .filter(({ id, revoked }) => id !== grant.id && revoked === undefined && (others === 'revoke' || id === lost))
  for (const { id } of toRevoke) grants.revoke(id, by)
  const credential: AdminCredential = { address, rootPem, token }
  writeCredential(directory, credential)
  giveToOwner(directory, [credentialPath(directory)])
  return { file: path.resolve(credentialPath(directory)), revoked: toRevoke.length }
}

function tokenOfFile(directory: string): string | undefined {
  if (!existsSync(credentialPath(directory))) return undefined
  try {
    return readCredential(credentialPath(directory)).token
  } catch {
    return undefined
  }
}
