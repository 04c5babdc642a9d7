/** The trust bundle for whoever wants it, other trust domains, and certificates for workloads without an agent. */

import type { BundleFormat, IssueRequest, PublishedBundle } from '../distribution-view.ts'
import { badRequest, fieldsOf, json, type Route, type RouteAnswer, type RouteRequest } from './route.ts'

const open = { method: 'GET', side: 'http', access: 'anyone', audit: 'no' } as const
const reading = { method: 'GET', side: 'management', access: 'viewer', audit: 'no' } as const

export const distributionRoutes: readonly Route[] = [
  {
    ...open,
    path: '/v1/bundle.pem',
    handle: (daemon, request) => published(daemon.distribution.bundle('pem'), request),
  },
  {
    ...open,
    path: '/v1/bundle/spiffe',
    handle: (daemon, request) => published(daemon.distribution.bundle('spiffe'), request),
  },
  {
    ...reading,
    path: '/v1/trust-bundle',
    handle: (daemon, { query }) => whole(daemon.distribution.bundle(formatFrom(query))),
  },
  {
    ...reading,
    path: '/v1/ca/federation',
    handle: daemon => json(daemon.distribution.federation()),
  },
  {
    method: 'POST',
    side: 'management',
    access: 'admin',
    audit: 'yes',
    path: '/v1/ca/certificates',
    handle: async (daemon, request) => json(await daemon.distribution.issue(issueRequestFrom(request)), 201),
  },
]

const whole = ({ contentType, body }: PublishedBundle): RouteAnswer => ({ status: 200, contentType, body })

/** RFC 9110 section 13.1.2, RFC 9111. */
function published(bundle: PublishedBundle, { headers: { 'if-none-match': ifNoneMatch } }: RouteRequest): RouteAnswer {
  const headers = { etag: bundle.etag, 'cache-control': `public, max-age=${bundle.maxAgeSeconds}` }
  const held = ifNoneMatch?.split(',').map(tag => tag.trim().replace(/^W\//, '')) ?? []
  if (held.includes(bundle.etag) || held.includes('*')) {
    return { status: 304, contentType: bundle.contentType, body: '', headers }
  }
  return { ...whole(bundle), headers }
}

function formatFrom(query: URLSearchParams): BundleFormat {
  const format = query.get('format') ?? 'pem'
  if (format === 'pem' || format === 'spiffe') return format
  throw badRequest('format: pem or spiffe')
}

const longestTtlSeconds = 366 * 24 * 3600

/** The authority itself looks at the request for a signature and at how long is too long. */
function issueRequestFrom({ body, peerAddress }: RouteRequest): IssueRequest {
  const { namespace, serviceAccount, csr, ttlSeconds = 0 } = fieldsOf(body)
  if (typeof namespace !== 'string' || namespace === '') throw badRequest('namespace: a name is needed')
  if (typeof serviceAccount !== 'string' || serviceAccount === '') throw badRequest('serviceAccount: a name is needed')
  if (typeof csr !== 'string' || csr === '') throw badRequest('csr: a certificate signing request in PEM is needed')
  if (typeof ttlSeconds !== 'number' || !(ttlSeconds >= 0 && ttlSeconds <= longestTtlSeconds)) {
    throw badRequest(`ttlSeconds: a number between 0 and ${longestTtlSeconds} is needed`)
  }
  return { namespace, serviceAccount, csr, ttlSeconds, peerAddress }
}
