/** Tells translation which other trust domains proxies have roots of: from there on policies may admit them. */

import type { TrustState, TrustStore } from '../ca/trust/trust-state.ts'
import type { FederatedSource } from '../discovery/federation.ts'

export interface FederatedDomainsOptions {
  readonly trust: TrustStore
  readonly source: FederatedSource
  /** Runs `edit` inside one commit. */
  readonly commit: (edit: () => void) => void
}

/** Follows the trust from now on; returns how to end that. */
export function followFederatedDomains({ trust, source, commit }: FederatedDomainsOptions): () => void {
  let known = ''
  const follow = ({ federated }: TrustState): void => {
    const trustDomains = federated.map(({ trustDomain }) => trustDomain)
    if (trustDomains.join() === known) return
    known = trustDomains.join()
    commit(() => {
      if (trustDomains.length === 0) source.remove('mesh')
      else source.put('mesh', trustDomains)
    })
  }
  follow(trust.current())
  return trust.onChange(follow)
}
