/**
 * The SPIFFE bundle format: a JWK set whose X.509 entries are the roots of a trust domain. Source: SPIFFE Trust Domain
 * and Bundle, section 4, and X.509-SVID, section 6
 * (https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Trust_Domain_and_Bundle.md).
 */

import { X509Certificate } from 'node:crypto'
import { MeshwrightError } from '../../platform/errors.ts'
import { pemFromDer } from '../certificates/pem.ts'
import { rootCertificatesIn } from './root-certificates.ts'

export interface SpiffeBundle {
  /** Concatenated PEM. */
  readonly rootsPem: string
  /** Grows with every change at whoever publishes it; undefined: it does not say. */
  readonly sequence: number | undefined
  /** How often to look for another one; undefined: it does not say. */
  readonly refreshHintSeconds: number | undefined
}

/** What the bundles that are published here ask for. */
export const publishedRefreshHintSeconds = 300

/** JSON with a trailing line feed. `rootsPem`: one certificate each. */
export function formatSpiffeBundle(rootsPem: readonly string[], sequence: number): string {
  const keys = rootsPem.map(pem => {
    const certificate = new X509Certificate(pem)
    const key = certificate.publicKey.export({ format: 'jwk' })
    return { use: x509Use, ...key, x5c: [certificate.raw.toString('base64')] }
  })
  const bundle = { spiffe_sequence: sequence, spiffe_refresh_hint: publishedRefreshHintSeconds, keys }
  return `${JSON.stringify(bundle, undefined, 2)}\n`
}

/** Entries for other uses are skipped, as the format demands. Throws `TRUST_BUNDLE_INVALID`. */
export function parseSpiffeBundle(text: string): SpiffeBundle {
  const { keys, spiffe_sequence, spiffe_refresh_hint } = fieldsOf(text)
  if (!Array.isArray(keys)) throw invalid('it has no list of keys')
  const pem = keys.flatMap((key: unknown) => certificateIn(key)).join('')
  return {
    rootsPem: rootCertificatesIn(pem),
    sequence: isCount(spiffe_sequence) ? spiffe_sequence : undefined,
    refreshHintSeconds: isCount(spiffe_refresh_hint) ? spiffe_refresh_hint : undefined,
  }
}

const x509Use = 'x509-svid'

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch (cause) {
    throw invalid('it is no JSON', cause)
  }
  throw invalid('it is no JSON object')
}

function certificateIn(key: unknown): readonly string[] {
  if (typeof key !== 'object' || key === null) throw invalid('one of its keys is no object')
  const { use, x5c } = key as { readonly use?: unknown; readonly x5c?: unknown }
  if (use !== x509Use) return []
  const [certificate, ...more] = Array.isArray(x5c) ? (x5c as readonly unknown[]) : []
  if (typeof certificate !== 'string' || more.length > 0)
    throw invalid(`an entry for ${x509Use} has not one certificate`)
  return [pemFromDer('CERTIFICATE', Buffer.from(certificate, 'base64'))]
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function invalid(reason: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('TRUST_BUNDLE_INVALID', { message: `the SPIFFE bundle cannot be used: ${reason}`, cause })
}
