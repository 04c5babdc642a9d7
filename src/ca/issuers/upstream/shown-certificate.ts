/** A client certificate with its key, as it is shown to an authority elsewhere. */

import { createPrivateKey, X509Certificate } from 'node:crypto'

export interface ShownCertificate {
  /** Leaf and authorities above it. */
  readonly certificatePem: string
  /** PKCS #8. */
  readonly keyPem: string
  readonly leaf: X509Certificate
}

/** Throws when the key is not that of the certificate. */
export function shownCertificateFrom(certificatePem: string, keyPem: string): ShownCertificate {
  const leaf = new X509Certificate(certificatePem)
  if (!leaf.checkPrivateKey(createPrivateKey(keyPem))) throw new Error('the key is not that of the certificate')
  return { certificatePem, keyPem, leaf }
}

export const endOf = ({ leaf }: ShownCertificate): number => leaf.validToDate.getTime()
export const lifeOf = ({ leaf }: ShownCertificate): number => leaf.validToDate.getTime() - leaf.validFromDate.getTime()

/** `spiffe://…`, when it names one URI and nothing else. */
export function uriOf({ leaf }: ShownCertificate): string | undefined {
  return /^URI:([^,"]+)$/.exec(leaf.subjectAltName ?? '')?.[1]
}
