/** What an agent holds once it has been issued a certificate, and the checks before it believes it. */

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { MeshwrightError } from '../../platform/errors.ts'
import { parseSpiffeId, type SpiffeId } from '../../platform/spiffe.ts'
import { NotYetValid } from './not-yet-valid.ts'
import type { SuggestedRenewal } from './suggested-renewal.ts'

export interface WorkloadCertificate {
  readonly spiffeId: SpiffeId
  /** PKCS#8 PEM; secret. */
  readonly keyPem: string
  /** PEM: the leaf, then its intermediates. */
  readonly chainPem: string
  /** PEM: every root that peers are checked against. */
  readonly rootsPem: string
  readonly serialNumber: string
  /** When this agent received it: the certificate itself is dated back against clock skew. */
  readonly issuedAtMs: number
  readonly notAfterMs: number
  /** Not kept on disk: after a restart the agent chooses itself. */
  readonly renewal?: SuggestedRenewal
}

export interface CertificateParts {
  readonly keyPem: string
  readonly chainPem: string
  readonly rootsPem: string
  readonly issuedAtMs: number
  readonly renewal?: SuggestedRenewal
}

/**
 * Throws AGENT_CERTIFICATE_INVALID when the key is not the leaf's, the leaf has not exactly one SPIFFE id, a certificate
 * has expired at `nowMs`, or the chain does not lead to one of the roots; AGENT_CERTIFICATE_NOT_YET_VALID when all is
 * well but the time.
 */
export function workloadCertificateFrom(parts: CertificateParts, nowMs: number): WorkloadCertificate {
  const chain = parseCertificates(parts.chainPem)
  const roots = parseCertificates(parts.rootsPem)
  const leaf = chain[0]
  if (leaf === undefined) throw invalid('there is no certificate')
  if (roots.length === 0) throw invalid('there is no root certificate')
  if (!leaf.checkPrivateKey(createPrivateKey(parts.keyPem))) throw invalid('it is not for the key that was made here')
  for (const certificate of chain) requireNotExpired(certificate, nowMs)
  requireChain(chain, roots)
  const spiffeId = spiffeIdOfLeaf(leaf)
  for (const certificate of chain) requireBegun(certificate, nowMs)
  return Object.freeze({
    ...parts,
    spiffeId,
    serialNumber: leaf.serialNumber,
    notAfterMs: Date.parse(leaf.validTo),
  })
}

/** Throws AGENT_CERTIFICATE_INVALID when there is not exactly one, or another name beside it. */
export function spiffeIdOfLeaf(leaf: X509Certificate): SpiffeId {
  const names = leaf.subjectAltName ?? ''
  // Node quotes names that hold separators, so a crafted one cannot look like two.
  const match = /^URI:(spiffe:\/\/[^",\s]+)$/.exec(names)
  if (match?.[1] === undefined) throw invalid(`its names are ${JSON.stringify(names)}, not one SPIFFE id`)
  return parseSpiffeId(match[1])
}

export function parseCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    return blocks.map(block => new X509Certificate(block))
  } catch (cause) {
    throw invalid('it is no PEM certificate', cause)
  }
}

function requireNotExpired(certificate: X509Certificate, nowMs: number): void {
  if (Date.parse(certificate.validTo) <= nowMs) throw invalid(`it expired at ${certificate.validTo}`)
}

function requireBegun(certificate: X509Certificate, nowMs: number): void {
  const notBeforeMs = Date.parse(certificate.validFrom)
  if (notBeforeMs > nowMs) throw new NotYetValid('the certificate', notBeforeMs, nowMs)
}

function requireChain(chain: readonly X509Certificate[], roots: readonly X509Certificate[]): void {
  for (const [index, certificate] of chain.entries()) {
    if (roots.some(root => isIssuedBy(certificate, root))) return
    const issuer = chain[index + 1]
    if (issuer === undefined || !issuer.ca || !isIssuedBy(certificate, issuer)) break
  }
  throw invalid('its chain does not lead to one of the roots')
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

function invalid(reason: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('AGENT_CERTIFICATE_INVALID', {
    message: `the certificate cannot be used: ${reason}`,
    remedy: "Check the authority that the agent talks to, and this machine's clock.",
    cause,
  })
}
