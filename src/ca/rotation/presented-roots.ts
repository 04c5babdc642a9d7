/**
 * What servers present behind their leaf, so that whoever holds a join token that pins a root, also one that signs no
 * more, finds a way from the leaf to it. Node follows issuers through the list, taking the first that fits: so keys that
 * were signed by an older root come first, then that root, then the others.
 *
 *   leaf ─▶ new root's key signed by the old root ─▶ old root      new root
 */

import { X509Certificate } from 'node:crypto'
import type { TrustedRoot } from '../trust/trust-state.ts'
import type { RetiredRoot, Rotation } from './rotation-records.ts'

export interface RootsToPresent {
  readonly trusted: readonly TrustedRoot[]
  /** Fingerprint. */
  readonly signing: string
  readonly rotation: Rotation | undefined
  /** The latest first. */
  readonly retired: readonly RetiredRoot[]
  readonly nowMs: number
}

/** PEM blocks, each once. */
export function presentedRoots(given: RootsToPresent): readonly string[] {
  const retired = stillPinned(given)
  const crosses = crossCertificates(given)
  const older = retired.flatMap((root, i) => (retired[i + 1]?.crossCertificatePem ? [] : [root.certificatePem]))
  const trusted = given.trusted.toSorted(
    (a, b) => Number(a.fingerprint === given.signing) - Number(b.fingerprint === given.signing),
  )
  return [...new Set([...crosses, ...older, ...trusted.map(root => root.pem)])]
}

/** Keys of newer roots that older ones signed, the newest first. Who joins may hold on to them too. */
export function crossCertificates(given: RootsToPresent): readonly string[] {
  const { rotation, signing } = given
  const isSwitched = rotation?.direction === 'forward' && rotation.toRoot === signing && rotation.step !== 'done'
  const present = isSwitched ? [rotation.crossCertificatePem] : []
  return [...present, ...stillPinned(given).flatMap(root => root.crossCertificatePem || [])]
}

/** Who joins may hold on to any of these: SHA-256, lower-case hexadecimal. */
export function pinnableRoots(given: RootsToPresent): readonly string[] {
  const crosses = crossCertificates(given).map(pem => new X509Certificate(pem).fingerprint256)
  return [
    ...given.trusted.map(root => root.fingerprint),
    ...crosses.map(text => text.replaceAll(':', '').toLowerCase()),
  ]
}

/** Up to the oldest that a token pins: the way to it leads over the others. */
function stillPinned({ retired, nowMs }: RootsToPresent): readonly RetiredRoot[] {
  return retired.slice(0, retired.findLastIndex(root => root.untilMs > nowMs) + 1)
}
