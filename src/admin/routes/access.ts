/** Credentials of the management API, who the caller is, and what callers did. */

import { formatGrantee, type Grant, grantState } from '../access/grant.ts'
import type { Grants } from '../access/grants.ts'
import { formatRole, roleFrom, roleKinds } from '../access/role.ts'
import type { AuditTrail } from '../audit/audit-trail.ts'
import { badRequest, fieldsOf, json, type Route, wholeNumberFrom } from './route.ts'

const admin = { side: 'management', access: 'admin', audit: 'yes' } as const

export interface AccessParts {
  readonly grants: Grants
  readonly trail: AuditTrail
  readonly now: () => number
}

/** What answers show of a grant: all but the hash. */
export interface GrantView {
  readonly id: string
  readonly name: string
  readonly kind: 'token' | 'identity'
  readonly identity?: string
  readonly role: string
  readonly state: string
  readonly createdAt: string
  readonly createdBy: string
  readonly expiresAt: string
  readonly revokedAt?: string
  readonly revokedBy?: string
}

const mostRecords = 1000

export function accessRoutes({ grants, trail, now }: AccessParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/access/self',
      side: 'management',
      access: 'viewer',
      audit: 'no',
      handle: (_daemon, { caller: { id, role, expiresAtMs } }) =>
        json({
          caller: id,
          role: role === undefined ? '' : formatRole(role),
          expiresAt: new Date(expiresAtMs).toISOString(),
        }),
    },
    {
      ...admin,
      method: 'GET',
      path: '/v1/access/grants',
      handle: () => json(grants.list().map(grant => grantView(grant, now()))),
    },
    {
      ...admin,
      method: 'POST',
      path: '/v1/access/tokens',
      handle(_daemon, { body, caller, audit }) {
        const { token, grant } = grants.createToken({ ...grantRequestFrom(body), by: caller.id })
        audit([formatGrantee(grant)])
        return json({ token, grant: grantView(grant, now()) }, 201)
      },
    },
    {
      ...admin,
      method: 'POST',
      path: '/v1/access/identities',
      handle(_daemon, { body, caller, audit }) {
        const { identity } = fieldsOf(body)
        if (typeof identity !== 'string' || !/^spiffe:\/\/[A-Za-z0-9._/-]{1,2000}$/.test(identity)) {
          throw badRequest('identity: a SPIFFE id is needed')
        }
        const grant = grants.grantIdentity(identity, { ...grantRequestFrom(body), by: caller.id })
        audit([formatGrantee(grant)])
        return json({ grant: grantView(grant, now()) }, 201)
      },
    },
    {
      ...admin,
      method: 'DELETE',
      path: '/v1/access/grants/:id',
      handle(_daemon, { parameters, caller, audit }) {
        const grant = grants.revoke(parameters.id ?? '', caller.id)
        audit([formatGrantee(grant)])
        return json({ grant: grantView(grant, now()) })
      },
    },
    {
      ...admin,
      method: 'GET',
      path: '/v1/audit',
      handle(_daemon, { query }) {
        const kept = query.get('trail') ?? 'acts'
        if (kept !== 'acts' && kept !== 'refusals') throw badRequest('trail: acts or refusals')
        const sinceMs = wholeNumberFrom(query, 'sinceMs')
        const caller = query.get('caller')
        return json(
          trail.query({
            trail: kept,
            limit: Math.min(wholeNumberFrom(query, 'limit') ?? 100, mostRecords),
            ...(sinceMs === undefined ? {} : { sinceMs }),
            ...(caller === null ? {} : { caller }),
          }),
        )
      },
    },
  ]
}

export function grantView(grant: Grant, nowMs: number): GrantView {
  const { id, name, subject, role, createdAtMs, createdBy, expiresAtMs, revoked } = grant
  return {
    id,
    name,
    kind: subject.kind,
    ...(subject.kind === 'identity' ? { identity: subject.uri } : {}),
    role: formatRole(role),
    state: grantState(grant, nowMs),
    createdAt: new Date(createdAtMs).toISOString(),
    createdBy,
    expiresAt: new Date(expiresAtMs).toISOString(),
    ...(revoked === undefined ? {} : { revokedAt: new Date(revoked.atMs).toISOString(), revokedBy: revoked.by }),
  }
}

function grantRequestFrom(body: unknown) {
  const { name, role: kind, namespaces, ttlSeconds } = fieldsOf(body)
  if (typeof name !== 'string') throw badRequest('name: whose it is')
  const role = roleFrom(kind, namespaces)
  if (role === undefined) {
    throw badRequest(`role: one of ${roleKinds.join(', ')} is needed, and for an editor a list of namespaces`)
  }
  if (typeof ttlSeconds !== 'number') throw badRequest('ttlSeconds: how long it holds is needed')
  return { name, role, ttlMs: ttlSeconds * 1000 }
}
