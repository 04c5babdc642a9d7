/**
 * The look at a certificate that another authority made, before anybody gets it: it must be for the key and for exactly the
 * names of the proof, whatever the other one made of the request, and lead to a root that is trusted here.
 */

import type { X509Certificate } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import { errorFrom, MeshwrightError } from '../../../platform/errors.ts'
import {
  alternativeNamesIn,
  basicConstraintsIn,
  type CertificateExtension,
  extensionsOf,
  keyUsageIn,
  purposesIn,
} from '../../certificates/certificate-extensions.ts'
import type { IdentityProof } from '../../certificates/identity-proof.ts'
import { oids } from '../../der/oids.ts'
import { contextPrimitive } from '../../der/tags.ts'
import { fingerprintOf, pathToRoot, pemOf, requireCurrent } from '../chain.ts'
import type { IssuedChain, LeafRequest } from '../issuer.ts'

export interface GivenChain {
  readonly leaf: X509Certificate
  /** In any order; roots among them do no harm. */
  readonly intermediates: readonly X509Certificate[]
  readonly roots: readonly X509Certificate[]
}

export interface CheckedChain {
  readonly chain: IssuedChain
  readonly rootFingerprint: string
  /** Of the chain above the leaf. */
  readonly chainNotAfterMs: number
}

/** Throws `CA_ISSUER_REFUSED` with what is wrong. */
export function checkedChain(given: GivenChain, request: LeafRequest, proof: IdentityProof): CheckedChain {
  try {
    const { leaf, intermediates, roots } = given
    const fault = leafFault(leaf, request, proof)
    if (fault !== undefined) throw new Error(fault)
    requireCurrent(leaf, request.nowMs)
    const path = pathToRoot(leaf, { intermediates, roots, nowMs: request.nowMs, authoritiesBelow: 0 })
    const issuer = path.intermediates[0] ?? path.root
    return {
      chain: {
        leafPem: pemOf(leaf),
        intermediatePems: path.intermediates.map(pemOf),
        digest: fingerprintOf(leaf),
        serialNumber: leaf.serialNumber,
        notAfterMs: leaf.validToDate.getTime(),
        issuerFingerprint: fingerprintOf(issuer),
      },
      rootFingerprint: fingerprintOf(path.root),
      chainNotAfterMs: path.notAfterMs,
    }
  } catch (thrown) {
    throw new MeshwrightError('CA_ISSUER_REFUSED', {
      message: `the issuer answered with a certificate that is not the one asked for: ${errorFrom(thrown).message}`,
      remedy: 'See docs/ca.md for what the issuer must allow.',
      cause: thrown,
    })
  }
}

/** Clocks differ, and some authorities count from their own backdated begin. */
const longerMs = 5 * 60_000
const digitalSignature = 0

function leafFault(leaf: X509Certificate, request: LeafRequest, proof: IdentityProof): string | undefined {
  const key = leaf.publicKey.export({ format: 'der', type: 'spki' })
  if (!key.equals(request.publicKey.info)) return 'it is for another key'
  if (leaf.validToDate.getTime() > request.nowMs + request.ttlMs + longerMs) return 'it lives longer than was asked for'
  const extensions = extensionsOf(leaf.raw)
  if (basicConstraintsIn(extensions).isAuthority) return 'it is the certificate of an authority'
  const usage = keyUsageIn(extensions)
  if (usage !== undefined && !usage(digitalSignature)) return 'its key may not sign'
  const purposes = purposesIn(extensions)
  const due = proof.kind === 'server' ? [oids.serverAuth] : [oids.serverAuth, oids.clientAuth]
  if (purposes !== undefined && !due.every(purpose => purposes.some(each => each.equals(purpose)))) {
    return 'its extended key usage lacks server or client authentication'
  }
  const unknown = extensions.find(({ name, isCritical }) => isCritical && !understood.some(each => each.equals(name)))
  if (unknown !== undefined) return 'it has a critical extension that peers do not know'
  return namesFault(extensions, proof)
}

const understood = [oids.keyUsage, oids.extendedKeyUsage, oids.basicConstraints, oids.subjectAltName]

function namesFault(extensions: readonly CertificateExtension[], proof: IdentityProof): string | undefined {
  const found = alternativeNamesIn(extensions)
    .map(({ tag, content }) => `${tag}:${content.toString('hex')}`)
    .sort()
  const due = namesOf(proof)
    .map(([tag, content]) => `${tag}:${content.toString('hex')}`)
    .sort()
  if (found.join() === due.join()) return undefined
  return proof.kind === 'workload' ? `its names are not ${proof.identity.uri} alone` : 'its names are others'
}

function namesOf(proof: IdentityProof): readonly (readonly [tag: number, content: Buffer])[] {
  if (proof.kind === 'workload') return [[contextPrimitive(6), Buffer.from(proof.identity.uri, 'latin1')]]
  return [
    ...proof.dnsNames.map(name => [contextPrimitive(2), Buffer.from(name, 'latin1')] as const),
    ...proof.ipAddresses.map(
      address => [contextPrimitive(7), Buffer.from(ipaddr.parse(address).toByteArray())] as const,
    ),
  ]
}
