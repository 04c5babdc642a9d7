/**
 * Keeps the lists in the trust what they have to be: with every edit of it, when something is revoked, and before half of
 * a list's time has passed. Also gives lists to whoever asks, enforced or not.
 */

import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { Signer } from '../certificates/signer.ts'
import type { IssuerCrl } from '../trust/trust-state.ts'
import type { OwnedTrustStore } from '../trust/trust-store.ts'
import { type CrlBook, createCrlBook } from './crl-book.ts'
import { asOneIssuer, type Coverage, type CrlSources, coverageOf, entriesOf } from './enforced-crls.ts'
import { createOcspResponder, type OcspSources } from './ocsp.ts'
import type { Revocations } from './revocations.ts'

export interface AuthorityLists {
  start(): void
  stop(): void
  /** How what is revoked is enforced in TLS handshakes. */
  coverage(): Exclude<Coverage, { kind: 'lists' }> | { readonly kind: 'lists' }
  /** The list of each issuer whose key is here, also while nothing is revoked. */
  all(): readonly IssuerCrl[]
  /** DER of an OCSPResponse to the DER of an OCSPRequest. */
  ocsp(request: Buffer): Buffer
  /** Resolves when the trust holds what is revoked now. */
  publish(): Promise<void>
}

export interface AuthorityListsOptions {
  readonly revocations: Revocations
  readonly trust: OwnedTrustStore
  /** Whose key is here. */
  readonly signers: () => readonly Signer[]
  /** Who may have issued the leaves that lead to a root; undefined: nobody knows all of them. */
  readonly issuersBehind: CrlSources['issuersBehind']
  /** Of everything that was ever issued. */
  readonly issued: OcspSources['issued']
  readonly clock: Clock
  readonly log: Log
}

const lookEveryMs = 3_600_000

export function createAuthorityLists(options: AuthorityListsOptions): AuthorityLists {
  const { revocations, trust, signers, issuersBehind, clock, log } = options
  let book: CrlBook | undefined
  let timer: Timer | undefined
  let unfollow = (): void => undefined
  let last: Coverage = { kind: 'idle' }

  const opened = (): CrlBook => {
    book ??= createCrlBook(trust.current().crls)
    return book
  }
  const responder = createOcspResponder({
    issuers: () => asOneIssuer(signers()),
    issued: options.issued,
    revoked: serialNumber => revocations.certificate(serialNumber),
    nowMs: () => clock.now(),
  })
  const publish = async (): Promise<void> => {
    await trust.change(content => content)
  }
  const follow = (): void => {
    publish().catch((thrown: unknown) => log.error({ err: errorFrom(thrown) }, 'revocation lists not published'))
  }
  const watch = (): void => {
    timer = clock.after(lookEveryMs, () => {
      follow()
      watch()
    })
  }
  const all = (): readonly IssuerCrl[] => {
    const certificates = [...revocations.certificates()]
    return asOneIssuer(signers()).map(({ signer, fingerprints }) =>
      opened().current(signer, entriesOf(certificates, fingerprints), clock.now()),
    )
  }
  return {
    start() {
      unfollow = revocations.onChange(() => responder.forget())
      trust.completeWith(content => {
        const certificates = [...revocations.certificates()]
        const coverage = coverageOf({
          content,
          certificates,
          sources: { issuersBehind },
          book: opened(),
          nowMs: clock.now(),
        })
        if (coverage.kind === 'filters-only' && last.kind !== 'filters-only') {
          log.warn({ reason: coverage.reason }, 'revocation is enforced by filters alone')
        }
        last = coverage
        return { ...content, crls: coverage.kind === 'lists' ? coverage.crls : [] }
      })
      follow()
      watch()
    },
    stop() {
      unfollow()
      timer?.cancel()
    },
    coverage: () => (last.kind === 'lists' ? { kind: 'lists' } : last),
    all,
    ocsp: request => responder.answer(request),
    publish,
  }
}
