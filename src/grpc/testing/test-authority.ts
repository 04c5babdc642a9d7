/** A certificate authority for tests: real keys and real signatures, nothing kept. */

import 'reflect-metadata'
import { webcrypto } from 'node:crypto'

import * as x509 from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

export interface TestLeaf {
  readonly certPem: string
  readonly keyPem: string
}

export interface TestAuthority {
  readonly rootPem: string
  leaf(names: {
    readonly uris?: readonly string[]
    readonly dns?: readonly string[]
    readonly ips?: readonly string[]
  }): Promise<TestLeaf>
}

export async function createTestAuthority(name: string): Promise<TestAuthority> {
  const rootKeys = await generateKeys()
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) }
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: `O=${name}`,
    keys: rootKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  })
  return {
    rootPem: root.toString('pem'),
    async leaf({ uris = [], dns = [], ips = [] }) {
      const keys = await generateKeys()
      const certificate = await x509.X509CertificateGenerator.create({
        ...validity,
        subject: '',
        issuer: root.subject,
        publicKey: keys.publicKey,
        signingKey: rootKeys.privateKey,
        signingAlgorithm: algorithm,
        extensions: [
          new x509.SubjectAlternativeNameExtension([
            ...uris.map(value => ({ type: 'url' as const, value })),
            ...dns.map(value => ({ type: 'dns' as const, value })),
            ...ips.map(value => ({ type: 'ip' as const, value })),
          ]),
          // Without it Envoy's SPIFFE validator takes a leaf for one that may do everything, and refuses it.
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
        ],
      })
      return { certPem: certificate.toString('pem'), keyPem: await exportKey(keys.privateKey) }
    },
  }
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`
}
