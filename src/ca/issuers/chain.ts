/** Certificates that others made: read from PEM, and the way from one of them up to a root, each step checked. */

import { X509Certificate } from 'node:crypto'
import { MeshwrightError } from '../../platform/errors.ts'
import { basicConstraintsIn, extensionsOf, keyUsageIn } from '../certificates/certificate-extensions.ts'
import { pemFromDer } from '../certificates/pem.ts'
import type { TrustedRoot } from '../trust/trust-state.ts'

/** In the order of the text. Throws `CA_CHAIN_INVALID`, `what` naming the text. */
export function certificatesIn(pem: string, what: string): readonly X509Certificate[] {
  if (pem.length > longestPem) throw invalid(`${what} is longer than ${longestPem} bytes`)
  const found = (pem.match(blocks) ?? []).map(block => {
    try {
      return new X509Certificate(block)
    } catch (cause) {
      throw invalid(`${what} holds a certificate that does not parse`, cause)
    }
  })
  // A block that was cut off must not pass as one that is not there.
  if (found.length !== pem.split(beginMark).length - 1) throw invalid(`${what} is cut off or damaged`)
  return found
}

/** Self-signed certificates of authorities, each once. Throws `CA_CHAIN_INVALID` on any other. */
export function rootsIn(pem: string, what: string): readonly X509Certificate[] {
  const roots = new Map<string, X509Certificate>()
  for (const root of certificatesIn(pem, what)) {
    if (!isSelfSigned(root)) throw invalid(`${what} holds ${nameOf(root)}, which is not self-signed`)
    requireAuthority(root, 0)
    roots.set(root.fingerprint256, root)
  }
  if (roots.size === 0) throw invalid(`${what} holds no certificate`)
  return [...roots.values()]
}

export interface Path {
  /** From the issuer of `below` upwards, without the root. */
  readonly intermediates: readonly X509Certificate[]
  readonly root: X509Certificate
  /** The earliest end above `below`. */
  readonly notAfterMs: number
}

export interface PathOptions {
  readonly intermediates: readonly X509Certificate[]
  readonly roots: readonly X509Certificate[]
  readonly nowMs: number
  /** How many authorities stand at or below where the path begins: 0 under a leaf, 1 under an authority. */
  readonly authoritiesBelow: number
}

/**
 * The way from `below` to one of the roots: signatures, validity, being an authority, path lengths. Throws
 * `CA_CHAIN_INVALID` with the reason. Cost: two signature checks a step.
 */
export function pathToRoot(below: X509Certificate, options: PathOptions): Path {
  const { intermediates, roots, nowMs, authoritiesBelow } = options
  const passed: X509Certificate[] = []
  let notAfterMs = Number.POSITIVE_INFINITY
  let at = below
  for (;;) {
    const root = roots.find(candidate => isIssuedBy(at, candidate))
    const issuer = root ?? intermediates.find(candidate => isIssuedBy(at, candidate) && !passed.includes(candidate))
    if (issuer === undefined) throw invalid(`${nameOf(at)} does not lead to a root: nobody here issued it`)
    requireAuthority(issuer, passed.length + authoritiesBelow)
    requireCurrent(issuer, nowMs)
    notAfterMs = Math.min(notAfterMs, issuer.validToDate.getTime())
    if (root !== undefined) return { intermediates: passed, root, notAfterMs }
    passed.push(issuer)
    at = issuer
  }
}

export function requireCurrent(certificate: X509Certificate, nowMs: number): void {
  const { validFromDate, validToDate } = certificate
  if (validToDate.getTime() <= nowMs) throw invalid(`${nameOf(certificate)} ended at ${validToDate.toISOString()}`)
  if (validFromDate.getTime() > nowMs + skewMs) {
    throw invalid(`${nameOf(certificate)} is not valid before ${validFromDate.toISOString()}`)
  }
}

/** `below`: how many authorities stand under it. */
export function requireAuthority(certificate: X509Certificate, below: number): void {
  const extensions = extensionsOf(certificate.raw)
  const { isAuthority, longestPath } = basicConstraintsIn(extensions)
  if (!isAuthority) throw invalid(`${nameOf(certificate)} is no authority (basicConstraints CA is not set)`)
  const usage = keyUsageIn(extensions)
  if (usage !== undefined && !usage(keyCertSign)) throw invalid(`${nameOf(certificate)} may not sign certificates`)
  if (longestPath !== undefined && below > longestPath) {
    throw invalid(`${nameOf(certificate)} allows ${longestPath} authorities below it, and there are ${below}`)
  }
}

export function isSelfSigned(certificate: X509Certificate): boolean {
  return isIssuedBy(certificate, certificate)
}

export function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase()
}

export function pemOf(certificate: X509Certificate): string {
  return pemFromDer('CERTIFICATE', certificate.raw)
}

export function trustedRootFrom(certificate: X509Certificate): TrustedRoot {
  return { fingerprint: fingerprintOf(certificate), pem: pemOf(certificate) }
}

/** For messages: the subject on one line, else the serial number. */
export function nameOf(certificate: X509Certificate): string {
  const subject = certificate.subject?.replaceAll('\n', ', ')
  return `the certificate ${subject ? JSON.stringify(subject) : certificate.serialNumber}`
}

export function invalid(message: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('CA_CHAIN_INVALID', {
    message,
    remedy: 'Put a whole set in place: the certificate, its key, the chain above it and the roots.',
    cause,
  })
}

const blocks = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g
const beginMark = '-----BEGIN CERTIFICATE-----'
const longestPem = 1024 * 1024
/** Bit of KeyUsage. */
const keyCertSign = 5
/** Another authority's clock may be ahead a little. */
const skewMs = 60_000

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}
