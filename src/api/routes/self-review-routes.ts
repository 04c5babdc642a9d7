/** Who a caller is and what it may do, for `kubectl auth`. Nothing that is posted changes anything. */

import type { Route, RouteAnswer, RouteRequest } from '../../admin/routes/route.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { mayDo, mayRead, openPaths, rulesIn } from '../access/allowed.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../json-value.ts'
import { refuse } from '../refuse.ts'
import { bodyFrom } from './object-body.ts'
import { acceptedBy, encoded } from './object-request.ts'

const review = { side: 'management', method: 'POST', access: 'viewer', audit: 'yes', body: 'bytes', refuse } as const
const authorization = '/apis/authorization.k8s.io/v1'

export const selfReviewRoutes: readonly Route[] = [
  {
    ...review,
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    handle(_daemon, request) {
      const { id, role } = request.caller
      const groups = role === undefined ? [] : [`meshwright:${role.kind}`]
      const status = { userInfo: { username: id, groups } }
      const answer = { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', metadata: {}, status }
      return encoded(answer, acceptedBy(request), 201)
    },
  },
  {
    ...review,
    path: `${authorization}/selfsubjectaccessreviews`,
    handle: (_daemon, request) => reviewed(request, 'SelfSubjectAccessReview', accessStatus),
  },
  {
    ...review,
    path: `${authorization}/selfsubjectrulesreviews`,
    handle: (_daemon, request) => reviewed(request, 'SelfSubjectRulesReview', rulesStatus),
  },
]

type Role = NonNullable<RouteRequest['caller']['role']>

function reviewed(
  request: RouteRequest,
  kind: string,
  statusOf: (role: Role, spec: JsonObject) => JsonObject,
): RouteAnswer {
  const accepted = acceptedBy(request)
  const { role } = request.caller
  const body = bodyFrom({ request })
  const spec = isObject(body) ? (objectAt(body, 'spec') ?? {}) : {}
  if (!isObject(body) || body.kind !== kind || role === undefined) {
    throw new MeshwrightError('REQUEST_INVALID', { message: `the body is no ${kind}` })
  }
  return encoded(
    { kind, apiVersion: 'authorization.k8s.io/v1', metadata: {}, spec, status: statusOf(role, spec) },
    accepted,
    201,
  )
}

function accessStatus(role: Role, spec: JsonObject): JsonObject {
  const [resource, path] = [objectAt(spec, 'resourceAttributes'), objectAt(spec, 'nonResourceAttributes')]
  if ((resource === undefined) === (path === undefined)) {
    throw new MeshwrightError('REQUEST_INVALID', {
      message: 'spec: exactly one of resourceAttributes and nonResourceAttributes is needed',
    })
  }
  const text = (name: string): string => textAt(resource ?? path ?? {}, name) ?? ''
  const { allowed, reason } =
    resource === undefined
      ? mayRead(role, text('path'), text('verb'))
      : mayDo(role, {
          verb: text('verb'),
          group: text('group'),
          resource: text('resource'),
          subresource: text('subresource'),
          namespace: text('namespace'),
        })
  return { allowed, ...(reason === '' ? {} : { reason }) }
}

function rulesStatus(role: Role, spec: JsonObject): JsonObject {
  return {
    resourceRules: rulesIn(role, textAt(spec, 'namespace') ?? ''),
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: role.kind === 'admin' ? ['*'] : openPaths }],
    incomplete: false,
  }
}
