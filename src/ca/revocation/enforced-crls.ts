/**
 * The lists that belong into the trust. With any list in its context a proxy refuses the leaves of an issuer without
 * one, and a list past its end refuses everybody; so there are either none, or one for each issuer whose leaves are
 * accepted, and none as long as nothing is revoked.
 */

import { errorFrom } from '../../platform/errors.ts'
import type { Signer } from '../certificates/signer.ts'
import type { IssuerCrl, TrustContent } from '../trust/trust-state.ts'
import type { CrlEntry } from './crl.ts'
import type { CrlBook } from './crl-book.ts'
import type { RevokedCertificate } from './revocation.ts'

/** Who may have issued the leaves that are accepted by a root. */
export interface IssuersBehind {
  /** Signers whose key is here. */
  readonly signers: readonly Signer[]
  /** Lists by others, checked. */
  readonly given: readonly IssuerCrl[]
  /** What others have revoked that those signers issued; by the signer's fingerprint. */
  readonly carried?: ReadonlyMap<string, readonly CrlEntry[]>
  /** Whether those lists, or what is carried, revoke anything. */
  readonly revokes?: 'something' | 'nothing'
}

export interface CrlSources {
  /** Undefined: the root has, or may have, issuers that nobody here knows. */
  issuersBehind(rootFingerprint: string): IssuersBehind | undefined
}

export type Coverage =
  | { readonly kind: 'idle' }
  | { readonly kind: 'lists'; readonly crls: readonly IssuerCrl[] }
  /** Proxies' filters alone enforce. */
  | { readonly kind: 'filters-only'; readonly reason: string }

export interface CoverageInput {
  readonly content: Pick<TrustContent, 'roots' | 'federated'>
  readonly certificates: readonly RevokedCertificate[]
  readonly sources: CrlSources
  readonly book: CrlBook
  readonly nowMs: number
}

export function coverageOf({ content, certificates, sources, book, nowMs }: CoverageInput): Coverage {
  const behinds = content.roots.map(({ fingerprint }) => sources.issuersBehind(fingerprint))
  if (certificates.length === 0 && behinds.every(behind => behind?.revokes !== 'something')) return { kind: 'idle' }
  const [federated] = content.federated
  if (federated !== undefined) return filtersOnly(`no revocation lists of the trust domain ${federated.trustDomain}`)
  const signers: Signer[] = []
  const given = new Map<string, IssuerCrl>()
  const carried = new Map<string, readonly CrlEntry[]>()
  for (const [i, { fingerprint }] of content.roots.entries()) {
    const behind = behinds[i]
    if (behind === undefined) return filtersOnly(`no revocation lists of the issuers under the root ${fingerprint}`)
    signers.push(...behind.signers)
    for (const [signer, entries] of behind.carried ?? []) carried.set(signer, entries)
    for (const crl of behind.given) {
      if (crl.nextUpdateMs <= nowMs)
        return filtersOnly(`the revocation list of ${crl.issuerFingerprint} is out of date`)
      given.set(crl.issuerFingerprint, crl)
    }
  }
  try {
    const made = asOneIssuer(signers).map(({ signer, fingerprints }) =>
      book.current(
        signer,
        together(
          entriesOf(certificates, fingerprints),
          [...fingerprints].flatMap(each => carried.get(each) ?? []),
        ),
        nowMs,
      ),
    )
    return { kind: 'lists', crls: [...made, ...given.values()] }
  } catch (thrown) {
    return filtersOnly(errorFrom(thrown).message)
  }
}

export function entriesOf(
  certificates: readonly RevokedCertificate[],
  issuers: ReadonlySet<string>,
): readonly CrlEntry[] {
  return certificates
    .filter(({ issuerFingerprint }) => issuers.has(issuerFingerprint))
    .map(({ serialNumber, revokedAtMs, reason }) => ({ serialNumber, revokedAtMs, reason }))
}

/** Each serial number once: what was revoked here says more of it. */
function together(own: readonly CrlEntry[], others: readonly CrlEntry[]): readonly CrlEntry[] {
  const known = new Set(own.map(({ serialNumber }) => serialNumber))
  return [...own, ...others.filter(({ serialNumber }) => !known.has(serialNumber))]
}

export interface OneIssuer {
  /** The newest certificate. */
  readonly signer: Signer
  readonly fingerprints: ReadonlySet<string>
}

/** A renewed root has the name and the key of the old one: to a peer they are one issuer, which may have one list. */
export function asOneIssuer(signers: readonly Signer[]): readonly OneIssuer[] {
  const issuers = new Map<string, { signer: Signer; fingerprints: Set<string> }>()
  for (const signer of signers) {
    const key = `${signer.subject.toString('hex')} ${signer.keyIdentifier.toString('hex')}`
    const fingerprints = (issuers.get(key)?.fingerprints ?? new Set()).add(signer.fingerprint)
    issuers.set(key, { signer, fingerprints })
  }
  return [...issuers.values()]
}

const filtersOnly = (reason: string): Coverage => ({ kind: 'filters-only', reason })
