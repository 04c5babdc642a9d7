/** TLS settings of the server side: version, protocol, client certificates, and no session that outlives its trust. */

import { constants, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls'
import { MeshwrightError } from '../platform/errors.ts'
import type { GrpcLimits, TlsMaterial } from './server-options.ts'

/** Throws GRPC_TLS_MATERIAL when certificate, key and roots do not parse or do not belong together. */
export function secureContextOptions(material: TlsMaterial): SecureContextOptions {
  const options: SecureContextOptions = {
    cert: material.chainPem,
    key: material.keyPem,
    // An absent `ca` would mean the public web's authorities; an empty list means nobody.
    ca: material.trustPem.trim() === '' ? [] : [material.trustPem],
    minVersion: 'TLSv1.2',
    // Without resumption every handshake verifies the client's certificate against the roots of today. It would save less
    // than a tenth of what a joining proxy costs.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  }
  try {
    createSecureContext(options)
    // createSecureContext passes over roots that do not parse.
    for (const pem of certificateBlocks(material.trustPem)) new X509Certificate(pem)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MeshwrightError('GRPC_TLS_MATERIAL', {
      message: `the server's TLS certificate, key or trusted roots are not usable: ${reason}`,
      remedy: 'Give a PEM certificate chain, the private key that belongs to it, and PEM roots.',
      cause,
    })
  }
  return options
}

export function tlsServerOptions(material: TlsMaterial, limits: Pick<GrpcLimits, 'handshakeMs'>): TlsOptions {
  return {
    ...secureContextOptions(material),
    ALPNProtocols: ['h2'],
    requestCert: true,
    // A client without a certificate is welcome; one whose certificate does not verify is refused in peer-identity.ts.
    rejectUnauthorized: false,
    handshakeTimeout: limits.handshakeMs,
  }
}

function certificateBlocks(pem: string): readonly string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0 && pem.trim() !== '') throw new Error('the trusted roots hold no PEM certificate')
  return blocks
}
