/**
 * SPIFFE identities of workloads: `spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/SERVICE-ACCOUNT` and nothing else. There is no
 * normalisation anywhere: a text is either the one spelling of an identity or it is refused, so equal identities have
 * equal texts. Rules: https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md section 2.
 */

import { MeshwrightError } from './errors.ts'

declare const brand: unique symbol

/** Made only by `parseSpiffeId` and `spiffeIdOf`, frozen. Compare by `uri`. */
export interface SpiffeId {
  readonly [brand]: 'SpiffeId'
  /** The whole identity as it stands in a certificate's URI SAN. */
  readonly uri: string
  readonly trustDomain: string
  readonly namespace: string
  readonly serviceAccount: string
}

export interface SpiffeIdParts {
  readonly trustDomain: string
  readonly namespace: string
  readonly serviceAccount: string
}

/** Throws `SPIFFE_ID_INVALID`, naming the first thing that is wrong. */
export function parseSpiffeId(text: string): SpiffeId {
  if (text.length > longestIdBytes) throw refuse(text, `is longer than ${longestIdBytes} bytes`)
  if (!text.startsWith(scheme)) throw refuse(text, `does not begin with ${scheme}`)
  const segments = text.slice(scheme.length).split('/')
  const [trustDomain, ns, namespace, sa, serviceAccount] = segments
  if (trustDomain !== undefined) requireTrustDomain(trustDomain, text)
  if (
    segments.length !== 5 ||
    trustDomain === undefined ||
    ns !== 'ns' ||
    namespace === undefined ||
    sa !== 'sa' ||
    serviceAccount === undefined
  ) {
    throw refuse(text, 'is not of the form spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/SERVICE-ACCOUNT')
  }
  requireSegment('namespace', namespace, text)
  requireSegment('service account', serviceAccount, text)
  return frozen({ trustDomain, namespace, serviceAccount }, text)
}

/** Throws `SPIFFE_ID_INVALID` when a part could not stand in an identity. */
export function spiffeIdOf(parts: SpiffeIdParts): SpiffeId {
  return parseSpiffeId(`${scheme}${parts.trustDomain}/ns/${parts.namespace}/sa/${parts.serviceAccount}`)
}

/** Lower-case letters, digits, `.`, `-` and `_`, at most 255 bytes. */
export function isTrustDomain(text: string): boolean {
  return text.length <= longestTrustDomainBytes && /^[a-z0-9._-]+$/.test(text)
}

const scheme = 'spiffe://'
const longestIdBytes = 2048
const longestTrustDomainBytes = 255

function requireTrustDomain(trustDomain: string, text: string): void {
  if (isTrustDomain(trustDomain)) return
  throw refuse(text, 'has a trust domain that is not 1 to 255 of a-z, 0-9, dot, dash, underscore')
}

function requireSegment(name: string, segment: string, text: string): void {
  if (segment === '.' || segment === '..') throw refuse(text, `has a relative path as ${name}`)
  if (/^[A-Za-z0-9._-]+$/.test(segment)) return
  throw refuse(text, `has a ${name} that is empty or holds something else than letters, digits, dot, dash, underscore`)
}

function frozen(parts: SpiffeIdParts, uri: string): SpiffeId {
  // The brand exists only in the type, hence the cast; this is the one place that makes it.
  return Object.freeze({ uri, ...parts }) as SpiffeId
}

function refuse(text: string, reason: string): MeshwrightError {
  // JSON quoting keeps control characters out of logs and terminals.
  const shown = JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
  return new MeshwrightError('SPIFFE_ID_INVALID', {
    message: `the SPIFFE id ${shown} ${reason}`,
    remedy:
      'Use spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/SERVICE-ACCOUNT, exactly as the certificate authority writes it.',
  })
}
