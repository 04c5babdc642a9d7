/**
 * The list in force of each issuer whose key is here: made when its entries have changed or half of its time has passed,
 * checked as a peer would, and otherwise the same bytes. Writing is blocking and costs one signature an issuer.
 */

import { derFromPem, pemFromDer } from '../certificates/pem.ts'
import type { Signer } from '../certificates/signer.ts'
import type { IssuerCrl } from '../trust/trust-state.ts'
import { type CrlEntry, crlDer } from './crl.ts'
import { checkCrl } from './crl-check.ts'

export interface CrlBook {
  /** Throws `CRL_INVALID` when what was made does not hold. */
  current(signer: Signer, entries: readonly CrlEntry[], nowMs: number): IssuerCrl
}

/** How long a list holds. A mesh with revocations must not be without its daemon for longer than half of that to all. */
export const crlLifeMs = 7 * 24 * 3_600_000

/** `before`: lists made by an earlier run, which stay in force as long as they say the right thing. */
export function createCrlBook(before: readonly IssuerCrl[]): CrlBook {
  const pages = new Map<string, Page>()
  const earlier = new Map(before.map(crl => [crl.issuerFingerprint, crl]))
  return {
    current(signer, entries, nowMs) {
      const sorted = entries.toSorted((a, b) => (a.serialNumber < b.serialNumber ? -1 : 1))
      const key = JSON.stringify(sorted)
      const page = pages.get(signer.fingerprint) ?? pageFrom(earlier.get(signer.fingerprint), { signer, sorted, key })
      if (page?.key === key && isYoung(page, nowMs)) return page.crl
      const now = BigInt(nowMs)
      // Milliseconds of the clock, so that numbers grow over restarts, unless the clock went back.
      const number = page === undefined || now > page.number ? now : page.number + 1n
      const made = makePage({ signer, entries: sorted, key, nowMs, number })
      pages.set(signer.fingerprint, made)
      return made.crl
    },
  }
}

interface Page {
  /** What it says. */
  readonly key: string
  readonly number: bigint
  readonly crl: IssuerCrl
}

function isYoung({ crl }: Page, nowMs: number): boolean {
  const leftMs = crl.nextUpdateMs - nowMs
  return leftMs > crlLifeMs / 2 && leftMs <= crlLifeMs
}

interface Wanted {
  readonly signer: Signer
  readonly sorted: readonly CrlEntry[]
  readonly key: string
}

/** Of an earlier list that is not understood only its place is taken. */
function pageFrom(stored: IssuerCrl | undefined, { signer, sorted, key }: Wanted): Page | undefined {
  const der = stored === undefined ? undefined : derFromPem(stored.pem, ['X509 CRL'])
  if (stored === undefined || der === undefined) return undefined
  // As of a moment at which it was valid: what it says is wanted, not whether it still holds.
  const { number, serialNumbers } = checkCrl(der, signer.certificatePem, stored.nextUpdateMs - 1000)
  const isEqual = serialNumbers.join() === sorted.map(({ serialNumber }) => serialNumber).join()
  return { key: isEqual ? key : '', number: number ?? 0n, crl: stored }
}

interface PageContent {
  readonly signer: Signer
  readonly entries: readonly CrlEntry[]
  readonly key: string
  readonly nowMs: number
  readonly number: bigint
}

function makePage({ signer, entries, key, nowMs, number }: PageContent): Page {
  const nextUpdateMs = Math.floor((nowMs + crlLifeMs) / 1000) * 1000
  const der = crlDer({ number, thisUpdateMs: nowMs - backdatedMs, nextUpdateMs, entries }, signer)
  checkCrl(der, signer.certificatePem, nowMs)
  return { key, number, crl: { issuerFingerprint: signer.fingerprint, pem: pemFromDer('X509 CRL', der), nextUpdateMs } }
}

/** For proxies whose clocks are behind: a list from the future refuses everybody. */
const backdatedMs = 3_600_000
