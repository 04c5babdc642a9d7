/** What is configured for a proxy's outbound side and yet has no effect. */

import type { TrackedFacts } from '../../discovery/facts.ts'
import type { ProxyIdentity } from '../../discovery/proxy.ts'
import { type OutboundNotice, planOutbound } from './plan.ts'
import { outboundViewOf } from './view.ts'

/** Facts that are not tracked will do. The proxy's scope must be among them, as it is while the proxy is connected. */
export function outboundNotices(proxy: ProxyIdentity, facts: TrackedFacts): readonly OutboundNotice[] {
  return planOutbound(outboundViewOf(proxy, facts), facts).notices
}

export function formatOutboundNotice(notice: OutboundNotice): string {
  switch (notice.kind) {
    case 'conflict':
      return `${notice.loser} gets no traffic at ${notice.listener}: ${notice.winner} is older and cannot be told from it there`
    case 'low-port':
      return `nothing listens at ${notice.address}:${notice.port}: the proxy may not bind ports below 1024`
    case 'static-listener':
      return `nothing listens at ${notice.address}:${notice.port}: the proxy itself has that port`
  }
}
