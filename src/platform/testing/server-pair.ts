/** A TLS server's key and certificate under a root of their own, by another implementation than the authority's. */

import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

export interface ServerPair {
  readonly keyPem: string
  readonly certPem: string
  readonly rootPem: string
}

/** `names`: DNS names, and URIs where there is a scheme. Valid from an hour ago for a day of the real time. */
export async function serverPair(names: readonly string[]): Promise<ServerPair> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const newKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const [rootKeys, keys] = [await newKeys(), await newKeys()]
  const hourMs = 3_600_000
  const nowMs = Date.now()
  const common = {
    issuer: 'O=test root',
    signingKey: rootKeys.privateKey,
    signingAlgorithm: algorithm,
    notBefore: new Date(nowMs - hourMs),
    notAfter: new Date(nowMs + 24 * hourMs),
  }
  const root = await x509.X509CertificateGenerator.create({
    ...common,
    subject: 'O=test root',
    publicKey: rootKeys.publicKey,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  })
  const alternatives = names.map(value => ({
    type: value.includes('://') ? ('url' as const) : ('dns' as const),
    value,
  }))
  const certificate = await x509.X509CertificateGenerator.create({
    ...common,
    publicKey: keys.publicKey,
    extensions: [new x509.SubjectAlternativeNameExtension(alternatives, true)],
  })
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    keyPem: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
    certPem: `${certificate.toString('pem')}\n`,
    rootPem: `${root.toString('pem')}\n`,
  }
}
