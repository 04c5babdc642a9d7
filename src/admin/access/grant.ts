/** A role that was given to the bearer of a token, or to whoever proves a SPIFFE identity with a certificate of the mesh. */

import { createHash } from 'node:crypto'
import { type Role, roleFrom } from './role.ts'

export interface Grant {
  /** Sixteen hexadecimal digits, of the hash of the secret or of the identity: not a secret. */
  readonly id: string
  /** Whose it is, for people. */
  readonly name: string
  readonly subject: GrantSubject
  readonly role: Role
  readonly createdAtMs: number
  readonly createdBy: string
  readonly expiresAtMs: number
  readonly revoked?: { readonly atMs: number; readonly by: string }
}

export type GrantSubject =
  /** SHA-256 of the token, hexadecimal. The token itself is kept nowhere. */
  | { readonly kind: 'token'; readonly sha256: string }
  /** A SPIFFE id. */
  | { readonly kind: 'identity'; readonly uri: string }

export type GrantState = 'in force' | 'expired' | 'revoked'

export function grantState(grant: Grant, nowMs: number): GrantState {
  if (grant.revoked !== undefined) return 'revoked'
  return grant.expiresAtMs <= nowMs ? 'expired' : 'in force'
}

export const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex')

export const grantIdOf = (text: string): string => sha256Of(text).slice(0, 16)

/** How answers, changes and the audit trail name who holds it. */
export function formatGrantee({ id, name, subject }: Grant): string {
  return subject.kind === 'token' ? `token:${id}:${name}` : subject.uri
}

/** Undefined when the text is no grant. */
export function parseGrant(text: string): Grant | undefined {
  let read: Partial<Grant>
  try {
    read = JSON.parse(text) as Partial<Grant>
  } catch {
    return undefined
  }
  const role = roleFrom(read.role?.kind, read.role?.kind === 'editor' ? read.role.namespaces : undefined)
  const { id, name, subject, createdAtMs, createdBy, expiresAtMs } = read
  if (role === undefined || typeof id !== 'string' || typeof name !== 'string' || typeof createdBy !== 'string') {
    return undefined
  }
  if (typeof createdAtMs !== 'number' || typeof expiresAtMs !== 'number' || !isSubject(subject)) return undefined
  return { ...(read as Grant), role }
}

function isSubject(subject: unknown): subject is GrantSubject {
  const { kind, sha256, uri } = (subject ?? {}) as { kind?: unknown; sha256?: unknown; uri?: unknown }
  return (kind === 'token' && typeof sha256 === 'string') || (kind === 'identity' && typeof uri === 'string')
}
