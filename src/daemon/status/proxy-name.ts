/** `sidecar~10.0.0.1~web-1.shop~shop.svc.cluster.local` → `web-1.shop`: how people are told of a proxy. */

import type { SessionStatus } from '../../xds/session-status.ts'
export function proxyNameOf(node: string): string {
  return node.split('~')[2] ?? node
}

/** `sidecar`, `router` …: the first part of a node id. */
export function proxyKindOf({ node }: Pick<SessionStatus, 'node'>): string {
  const [kind = ''] = node.id.split('~')
  return kind === node.id ? 'proxy' : kind
}
