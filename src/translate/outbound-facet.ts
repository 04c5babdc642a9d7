/** What of a proxy decides its outbound side: the scope of services that it may see. Shared by all outbound kinds. */

import type { TrackedFacts } from '../discovery/facts.ts'
import type { ProxyIdentity } from '../discovery/proxy.ts'
import type { ScopeRequest } from '../discovery/scope.ts'
import { scopeRequestFor } from '../discovery/sidecar.ts'

/** The proxy's namespace and the Sidecar in force; `scopeKeyOf` of it is canonical. */
export function outboundScopeOf(proxy: ProxyIdentity, facts: TrackedFacts): ScopeRequest {
  return scopeRequestFor(facts, proxy)
}
