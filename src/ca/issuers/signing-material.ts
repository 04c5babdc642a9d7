/** An authority's certificate with its key, the chain above it and the roots, checked as a whole before anything is signed. */

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { errorFrom } from '../../platform/errors.ts'
import { derFromPem, pemFromDer } from '../certificates/pem.ts'
import { signerFrom } from '../certificates/signer.ts'
import { checkCrl } from '../revocation/crl-check.ts'
import type { IssuerCrl, TrustedRoot } from '../trust/trust-state.ts'
import {
  certificatesIn,
  fingerprintOf,
  invalid,
  nameOf,
  pathToRoot,
  pemOf,
  requireAuthority,
  requireCurrent,
  rootsIn,
  trustedRootFrom,
} from './chain.ts'
import type { ChainedSigner } from './issuer.ts'

export interface SigningMaterial {
  readonly signer: ChainedSigner
  /** What its chain leads to. */
  readonly rootFingerprint: string
  /** All that are to be trusted. */
  readonly roots: readonly TrustedRoot[]
  /** One of every authority from the signer up to the root, or none at all. */
  readonly crls: readonly GivenCrl[]
  /** What it was made of, so that it can be kept. Holds the key. */
  readonly files: MaterialFiles & { readonly key: KeyObject }
}

export interface GivenCrl extends IssuerCrl {
  /** Upper-case hexadecimal. */
  readonly serialNumbers: readonly string[]
  readonly thisUpdateMs: number
}

export interface MaterialFiles {
  /** The authority's certificate; what follows it is taken as part of the chain. */
  readonly certificatePem: string
  readonly key: KeyObject | string
  /** Authorities above it, in any order; may hold the certificate itself and roots too. */
  readonly chainPem: string
  readonly rootsPem: string
  /** '' when there are none. */
  readonly crlsPem: string
}

/** Throws `CA_CHAIN_INVALID` naming what does not fit. */
export function signingMaterialFrom(files: MaterialFiles, nowMs: number): SigningMaterial {
  const [certificate, ...following] = certificatesIn(files.certificatePem, "the authority's certificate")
  if (certificate === undefined) throw invalid("there is no authority's certificate")
  const roots = rootsIn(files.rootsPem, 'the file of roots')
  const chain = [...following, ...certificatesIn(files.chainPem, 'the chain')]
  requireAuthority(certificate, 0)
  requireCurrent(certificate, nowMs)
  const key = typeof files.key === 'string' ? keyFrom(files.key) : files.key
  if (!certificate.checkPrivateKey(key)) throw invalid(`the key is not that of ${nameOf(certificate)}`)
  const own = fingerprintOf(certificate)
  const isRoot = roots.some(root => fingerprintOf(root) === own)
  const path = isRoot
    ? { intermediates: [], root: certificate, notAfterMs: certificate.validToDate.getTime() }
    : pathToRoot(certificate, { intermediates: chain, roots, nowMs, authoritiesBelow: 1 })
  const authorities = isRoot ? [certificate] : [certificate, ...path.intermediates, path.root]
  const signer = signerOf(pemOf(certificate), key)
  return {
    signer: {
      ...signer,
      notAfterMs: Math.min(signer.notAfterMs, path.notAfterMs),
      intermediatePems: isRoot ? [] : [certificate, ...path.intermediates].map(pemOf),
    },
    rootFingerprint: fingerprintOf(path.root),
    roots: roots.map(trustedRootFrom),
    crls: crlsOf(authorities.map(trustedRootFrom), files.crlsPem, nowMs),
    files: { ...files, key },
  }
}

function keyFrom(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw invalid('the key does not parse as a PEM private key without a password', cause)
  }
}

/** Of a kind that is signed with here: P-256, P-384, RSA of 2048 to 4096 bits. */
function signerOf(certificatePem: string, key: KeyObject): ReturnType<typeof signerFrom> {
  try {
    return signerFrom(certificatePem, key)
  } catch (cause) {
    throw invalid(`the key of the authority cannot be used: ${errorFrom(cause).message}`, cause)
  }
}

/** All or nothing: with the list of one authority alone, proxies would refuse what the others have issued. */
function crlsOf(authorities: readonly TrustedRoot[], pem: string, nowMs: number): readonly GivenCrl[] {
  const lists = (pem.match(crlBlocks) ?? []).map(block => derFromPem(block, ['X509 CRL']))
  if (lists.length === 0) {
    if (pem.trim() !== '') throw invalid('the file of revocation lists holds none')
    return []
  }
  return authorities.map(({ fingerprint, pem: authorityPem }) => {
    const reasons: string[] = []
    for (const der of lists) {
      if (der === undefined) throw invalid('the file of revocation lists is damaged')
      try {
        const { nextUpdateMs, thisUpdateMs, serialNumbers } = checkCrl(der, authorityPem, nowMs)
        const list = { issuerFingerprint: fingerprint, pem: pemFromDer('X509 CRL', der) }
        return { ...list, nextUpdateMs, thisUpdateMs, serialNumbers }
      } catch (thrown) {
        reasons.push(errorFrom(thrown).message)
      }
    }
    const [certificate] = certificatesIn(authorityPem, 'the chain')
    const which = certificate === undefined ? fingerprint : nameOf(certificate)
    throw invalid(`missing CRL signed by ${which} (${[...new Set(reasons)].join('; ')})`)
  })
}

const crlBlocks = /-----BEGIN X509 CRL-----[A-Za-z0-9+/=\s]+-----END X509 CRL-----/g
