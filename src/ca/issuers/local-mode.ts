/** Signing with a key that lies here, under roots that others made: what plug-in directories and intermediates share. */

import { randomBytesFromPage } from '../../platform/random-bytes.ts'
import type { Cryptography } from '../cryptography/cryptography.ts'
import type { CrlEntry } from '../revocation/crl.ts'
import type { IssuersBehind } from '../revocation/enforced-crls.ts'
import type { TrustedRoot } from '../trust/trust-state.ts'
import { builtInIssuer } from './issuer.ts'
import type { GivenCrl, SigningMaterial } from './signing-material.ts'
import type { SigningMode } from './signing-mode.ts'
import { namesOf, type SigningSeat } from './signing-seat.ts'

export function localMode(seat: SigningSeat, cryptography: Cryptography): Omit<SigningMode, 'open' | 'start' | 'stop'> {
  const materials = (): readonly SigningMaterial[] => [
    ...(seat.isTaken ? [seat.current] : []),
    ...(seat.next === undefined ? [] : [seat.next]),
  ]
  return {
    issuer: builtInIssuer({ signer: () => seat.current.signer, cryptography, randomBytes: randomBytesFromPage }),
    roots: () => seat.roots(),
    signingRoot: () => (seat.isTaken ? seat.current.rootFingerprint : ''),
    signerInUse: () => (seat.isTaken ? seat.current.signer.fingerprint : ''),
    nextSigner: () => (seat.next === undefined ? undefined : namesOf(seat.next)),
    chainNotAfterMs: () => (seat.isTaken ? seat.current.signer.notAfterMs : undefined),
    signers: () => materials().map(material => material.signer),
    issuersBehind: rootFingerprint => issuersBehind(materials(), rootFingerprint),
  }
}

/**
 * Of what signed here before, when it can still sign and its root is trusted. `known`: the roots in the trust at the last
 * run. The first that fits.
 */
export function predecessor(
  candidates: readonly (SigningMaterial | undefined)[],
  known: readonly TrustedRoot[],
): SigningMaterial | undefined {
  const trusted = new Set(known.map(root => root.fingerprint))
  return candidates.find(candidate => candidate !== undefined && trusted.has(candidate.rootFingerprint))
}

/** Only lists that came with the chain say which authorities there are below a root. */
function issuersBehind(materials: readonly SigningMaterial[], root: string): IssuersBehind | undefined {
  const those = materials.filter(({ rootFingerprint }) => rootFingerprint === root)
  if (those.length === 0 || those.some(({ crls }) => crls.length === 0)) return undefined
  const own = new Set(those.map(({ signer }) => signer.fingerprint))
  const all = those.flatMap(({ crls }) => crls)
  return {
    signers: those.map(({ signer }) => signer),
    given: all.filter(({ issuerFingerprint }) => !own.has(issuerFingerprint)),
    // Our own list takes the place of the one that was given for our signer, so it says what that one says too.
    carried: new Map(
      all.filter(crl => own.has(crl.issuerFingerprint)).map(crl => [crl.issuerFingerprint, entriesIn(crl)]),
    ),
    revokes: all.some(({ serialNumbers }) => serialNumbers.length > 0) ? 'something' : 'nothing',
  }
}

function entriesIn({ serialNumbers, thisUpdateMs }: GivenCrl): readonly CrlEntry[] {
  return serialNumbers.map(serialNumber => ({ serialNumber, revokedAtMs: thisUpdateMs, reason: 'unspecified' }))
}
