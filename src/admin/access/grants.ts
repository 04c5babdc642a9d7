/**
 * Who may use the management API: one file for each grant, in a folder of the data directory that only its owner can read.
 * Files, so that the daemon, and a command on the machine while the daemon is down, change them without asking each other:
 * each change replaces one small file whole, and each request reads the one file that it needs, so that a revocation
 * holds from the next request on.
 */

import { randomBytes } from 'node:crypto'
import { chownSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { MeshwrightError } from '../../platform/errors.ts'
import { makePrivateDirectories, writeFileAtomically } from '../../platform/files.ts'
import { type Grant, type GrantSubject, grantIdOf, parseGrant, sha256Of } from './grant.ts'
import type { Role } from './role.ts'

export interface GrantRequest {
  readonly name: string
  readonly role: Role
  readonly ttlMs: number
  readonly by: string
}

export interface Grants {
  /** The token is shown once and kept nowhere. Throws `GRANT_INVALID`. */
  createToken(request: GrantRequest): { readonly token: string; readonly grant: Grant }
  /** Makes a token that exists already one of ours. */
  adoptToken(token: string, request: GrantRequest): Grant
  /** Replaces what the identity had. Throws `GRANT_INVALID`. */
  grantIdentity(uri: string, request: GrantRequest): Grant
  ofToken(token: string): Grant | undefined
  ofIdentity(uri: string): Grant | undefined
  /** The newest first; also those that have ended, for ninety days. */
  list(): readonly Grant[]
  /** Of one that is revoked already nothing changes. Throws `GRANT_UNKNOWN`. */
  revoke(id: string, by: string): Grant
}

export const longestGrantMs = 366 * 24 * 3_600_000
const rememberEndedMs = 90 * 24 * 3_600_000

export function createGrants(options: { readonly directory: string; readonly now: () => number }): Grants {
  const { directory, now } = options
  const folder = path.join(directory, 'access')
  const fileOf = (id: string): string => path.join(folder, `${id}.json`)

  const read = (id: string): Grant | undefined => {
    if (!/^[0-9a-f]{16}$/.test(id)) return undefined
    try {
      const grant = parseGrant(readFileSync(fileOf(id), 'utf8'))
      return grant?.id === id ? grant : undefined
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw unreadable(fileOf(id), error)
    }
  }
  const write = (grant: Grant): Grant => {
    makePrivateDirectories(folder)
    writeFileAtomically(fileOf(grant.id), `${JSON.stringify(grant, undefined, 2)}\n`, 0o600)
    giveToOwner(directory, [folder, fileOf(grant.id)])
    return grant
  }
  const list = (): readonly Grant[] =>
    files(folder)
      .flatMap(id => read(id) ?? [])
      .sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1))
  const forgetEnded = (): void => {
    for (const { id, expiresAtMs, revoked } of list()) {
      if ((revoked?.atMs ?? expiresAtMs) + rememberEndedMs < now() && expiresAtMs < now())
        rmSync(fileOf(id), { force: true })
    }
  }
  const add = (id: string, subject: GrantSubject, { name, role, ttlMs, by }: GrantRequest): Grant => {
    if (!/^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u.test(name)) {
      throw invalid(`the name ${JSON.stringify(name)} is not 1 to 64 letters, digits, spaces, dots, dashes`)
    }
    if (!(ttlMs >= 1000 && ttlMs <= longestGrantMs))
      throw invalid('it must end after a second at least and a year at most')
    forgetEnded()
    return write({ id, name, subject, role, createdAtMs: now(), createdBy: by, expiresAtMs: now() + ttlMs })
  }
  const adoptToken = (token: string, request: GrantRequest): Grant =>
    add(grantIdOf(token), { kind: 'token', sha256: sha256Of(token) }, request)

  return {
    createToken(request) {
      const token = `mwa_${randomBytes(32).toString('base64url')}`
      return { token, grant: adoptToken(token, request) }
    },
    adoptToken,
    grantIdentity: (uri, request) => add(grantIdOf(uri), { kind: 'identity', uri }, request),
    ofToken(token) {
      const grant = read(grantIdOf(token))
      return grant?.subject.kind === 'token' && grant.subject.sha256 === sha256Of(token) ? grant : undefined
    },
    ofIdentity(uri) {
      const grant = read(grantIdOf(uri))
      return grant?.subject.kind === 'identity' && grant.subject.uri === uri ? grant : undefined
    },
    list,
    revoke(id, by) {
      const grant = read(id)
      if (grant === undefined) {
        throw new MeshwrightError('GRANT_UNKNOWN', {
          message: `there is no credential ${JSON.stringify(id.slice(0, 64))}`,
          remedy: 'Take an id from `meshwright access list`.',
        })
      }
      return grant.revoked === undefined ? write({ ...grant, revoked: { atMs: now(), by } }) : grant
    },
  }
}

/** What root writes belongs to the daemon's own user, who has to read it. */
export function giveToOwner(directory: string, paths: readonly string[]): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(directory)
  for (const item of paths) chownSync(item, uid, gid)
}

function files(folder: string): readonly string[] {
  try {
    return readdirSync(folder).flatMap(name => /^([0-9a-f]{16})\.json$/.exec(name)?.[1] ?? [])
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw unreadable(folder, error)
  }
}

function unreadable(file: string, cause: unknown): MeshwrightError {
  return new MeshwrightError('GRANTS_UNREADABLE', {
    message: `cannot read ${file}: ${(cause as Error).message}`,
    remedy: 'Run as the user whose daemon it is, or as root.',
    cause,
  })
}

const invalid = (message: string): MeshwrightError => new MeshwrightError('GRANT_INVALID', { message })
