/** Who a caller is, for `kubectl auth whoami`. Nothing of what is posted counts. */

import type { Route } from '../../admin/routes/route.ts'
import { refuse } from '../refuse.ts'
import { acceptedBy, encoded } from './object-request.ts'

export const selfReviewRoutes: readonly Route[] = [
  {
    side: 'management',
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    access: 'viewer',
    audit: 'yes',
    body: 'bytes',
    refuse,
    handle(_daemon, request) {
      const { id, role } = request.caller
      const groups = role === undefined ? [] : [`meshwright:${role.kind}`]
      const status = { userInfo: { username: id, groups } }
      const review = { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', metadata: {}, status }
      return encoded(review, acceptedBy(request), 201)
    },
  },
]
