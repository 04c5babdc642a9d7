/** What of a proxy decides its outbound listeners, routes and virtual hosts: one facet, so that the three agree. */

import { anybody } from '../../discovery/by-client.ts'
import type { TrackedFacts } from '../../discovery/facts.ts'
import type { ProxyIdentity } from '../../discovery/proxy.ts'
import { type ScopeRequest, scopeKeyOf } from '../../discovery/scope.ts'
import { outboundScopeOf } from '../outbound-facet.ts'

export interface OutboundView {
  readonly scope: ScopeRequest
  readonly mode: ProxyIdentity['interceptionMode']
  /** Of the proxy's own first address: where its wildcard and loopback listeners are. */
  readonly family: 'ipv4' | 'ipv6'
  /** Whether ports below 1024 can be bound. */
  readonly lowPorts: 'allowed' | 'refused'
  /** `NAMESPACE.svc.DOMAIN`: from where short names are looked up. */
  readonly dnsDomain: string
}

export function outboundViewOf(proxy: ProxyIdentity, facts: TrackedFacts): OutboundView {
  return {
    scope: outboundScopeOf(proxy, facts),
    mode: proxy.interceptionMode,
    family: (proxy.ipAddresses[0] ?? '').includes(':') ? 'ipv6' : 'ipv4',
    lowPorts: proxy.unprivileged === true ? 'refused' : 'allowed',
    dnsDomain: proxy.dnsDomain,
  }
}

export function outboundViewKey({ scope, mode, family, lowPorts, dnsDomain }: OutboundView): string {
  return `${scopeKeyOf(scope)}|${mode}|${family}|${lowPorts}|${dnsDomain}`
}

/** What is planned already, and neither routed nor ruled for its client, depends on nothing of a view. */
export const viewOfAnybody: OutboundView = Object.freeze({
  scope: { namespace: anybody },
  mode: 'REDIRECT',
  family: 'ipv4',
  lowPorts: 'allowed',
  dnsDomain: '',
})

export const wildcardAddress = { ipv4: '0.0.0.0', ipv6: '::' } as const
export const loopbackAddress = { ipv4: '127.0.0.1', ipv6: '::1' } as const
