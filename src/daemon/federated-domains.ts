/** Tells translation which other trust domains proxies have roots of: from there on policies may admit them. */

import type { TrustState, TrustStore } from '../ca/trust/trust-state.ts'
import type { FederatedSource } from '../discovery/federation.ts'
import type { Log } from '../platform/log.ts'

export interface FederatedDomainsOptions {
  readonly trust: TrustStore
  readonly source: FederatedSource
  /** Runs `edit` inside one commit. */
  readonly commit: (edit: () => void) => void
  /** Other names of the own trust domain. */
  readonly aliases: () => readonly string[]
  readonly log: Log
}

/** Follows the trust from now on; returns how to end that. */
export function followFederatedDomains({ trust, source, commit, aliases, log }: FederatedDomainsOptions): () => void {
  let known = ''
  const follow = ({ federated }: TrustState): void => {
    const trustDomains = federated.map(({ trustDomain }) => trustDomain)
    if (trustDomains.join() === known) return
    known = trustDomains.join()
    // With other trust domains Envoy believes a root for the trust domains that it is listed under, and for no more.
    const unlisted = trustDomains.length === 0 ? [] : aliases().filter(alias => !trustDomains.includes(alias))
    if (unlisted.length > 0)
      log.warn({ aliases: unlisted }, 'certificates of these aliases are refused: federate them too')
    commit(() => {
      if (trustDomains.length === 0) source.remove('mesh')
      else source.put('mesh', trustDomains)
    })
  }
  follow(trust.current())
  return trust.onChange(follow)
}
