/** What dashboards see of revocation. */

import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { CertificateAuthority } from '../../ca/certificate-authority.ts'

export type AuthorityOfMetrics = Pick<CertificateAuthority, 'revocations' | 'lists' | 'trust'>

export interface RevocationMetrics {
  /** An order was carried out; `tookMs` until the answer. */
  revoked(outcome: 'enforced' | 'incomplete', tookMs: number): void
}

export function createRevocationMetrics(registry: Registry, ca: AuthorityOfMetrics): RevocationMetrics {
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value())
      },
    })
  }
  gauge('meshwright_revoked_certificates', 'Certificates revoked and not expired', () => {
    let count = 0
    for (const _ of ca.revocations.certificates()) count += 1
    return count
  })
  gauge('meshwright_banned_identities', 'Identities that get no certificate', () => {
    return ca.revocations.bannedIdentities().length
  })
  gauge(
    'meshwright_crl_next_update_timestamp_seconds',
    'When the first list in force ends; 0: none is in force',
    () => {
      const ends = ca.trust.current().crls.map(({ nextUpdateMs }) => nextUpdateMs)
      return ends.length === 0 ? 0 : Math.min(...ends) / 1000
    },
  )
  gauge('meshwright_crl_enforced', '1 when handshakes are checked against lists, 0 when filters alone enforce', () =>
    ca.lists.coverage().kind === 'filters-only' ? 0 : 1,
  )
  const orders = new Counter({
    name: 'meshwright_revocations_total',
    help: 'Revocations carried out, by whether every proxy confirmed it in time',
    labelNames: ['outcome'],
    registers: [registry],
  })
  const seconds = new Histogram({
    name: 'meshwright_revocation_seconds',
    help: 'From the order to the last confirmation',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  })
  return {
    revoked(outcome, tookMs) {
      orders.inc({ outcome })
      seconds.observe(tookMs / 1000)
    },
  }
}
