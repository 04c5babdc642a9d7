/** Which certificates of another trust domain may become roots here: they go to every proxy, so none that one refuses. */

import { X509Certificate } from 'node:crypto'
import { MeshwrightError } from '../../platform/errors.ts'

/** The certificates of `pem` as written by us, each once, sorted by fingerprint. Throws `TRUST_BUNDLE_INVALID`. */
export function rootCertificatesIn(pem: string): string {
  if (pem.length > longestPem) throw invalid(`it is longer than ${longestPem} bytes`)
  const found = new Map<string, string>()
  for (const block of pem.match(blocks) ?? []) {
    const certificate = parsed(block)
    if (!certificate.ca) throw invalid(`the certificate ${certificate.serialNumber} is no authority's`)
    found.set(certificate.fingerprint256, certificate.toString())
  }
  if (found.size === 0) throw invalid('it holds no certificate')
  if (found.size > mostRoots) throw invalid(`it holds more than ${mostRoots} roots`)
  return [...found.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, each]) => each)
    .join('')
}

const blocks = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g
const longestPem = 256 * 1024
const mostRoots = 64

function parsed(block: string): X509Certificate {
  try {
    return new X509Certificate(block)
  } catch (cause) {
    throw invalid('one of its certificates does not parse', cause)
  }
}

function invalid(reason: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('TRUST_BUNDLE_INVALID', { message: `the roots cannot be used: ${reason}`, cause })
}
