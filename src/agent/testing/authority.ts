/** A certificate authority for the agent's tests, by another implementation than the daemon's. */

import 'reflect-metadata'
import { createPublicKey, generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { systemClock } from '../../platform/clock.ts'

export interface TestAuthority {
  readonly rootPem: string
  readonly root: x509.X509Certificate
  /** Answers a CSR: a leaf for `uri` (default: the one in the CSR), as PEM. */
  sign(csrPem: string, options?: LeafOptions): Promise<string>
  /** A server's key and chain with a DNS SAN. */
  server(dnsName: string): Promise<{ keyPem: string; certPem: string }>
  /** PEM of a revocation list that begins an hour ago. */
  revocationList(nextUpdateMs: number, serialNumbers: readonly string[]): Promise<string>
  /** This root's key and name, signed by another authority. */
  crossSignedBy(other: TestAuthority): Promise<string>
  readonly keys: webcrypto.CryptoKeyPair
}

export interface LeafOptions {
  readonly uri?: string
  readonly notBefore?: Date
  readonly notAfter?: Date
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const hourMs = 3_600_000

export async function createTestAuthority(name = 'root'): Promise<TestAuthority> {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const dates = { notBefore: new Date(systemClock.now() - hourMs), notAfter: new Date(systemClock.now() + 24 * hourMs) }
  const authority = { signingKey: keys.privateKey, issuer: `O=${name}`, signingAlgorithm: algorithm }
  const caExtensions = [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ]
  const root = await x509.X509CertificateGenerator.create({
    ...authority,
    ...dates,
    subject: `O=${name}`,
    publicKey: keys.publicKey,
    extensions: caExtensions,
  })
  return {
    root,
    rootPem: `${root.toString('pem')}\n`,
    keys,
    async sign(csrPem, options = {}) {
      const csr = new x509.Pkcs10CertificateRequest(csrPem)
      if (!(await csr.verify())) throw new Error('the request does not verify')
      const uri = options.uri ?? uriOf(csr)
      const leaf = await x509.X509CertificateGenerator.create({
        ...authority,
        ...dates,
        ...(options.notBefore === undefined ? {} : { notBefore: options.notBefore }),
        ...(options.notAfter === undefined ? {} : { notAfter: options.notAfter }),
        publicKey: csr.publicKey,
        extensions: [
          new x509.SubjectAlternativeNameExtension([{ type: 'url', value: uri }], true),
          // Envoy's SPIFFE validator refuses a leaf that does not say what its key is for.
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        ],
      })
      return `${leaf.toString('pem')}\n`
    },
    async server(dnsName) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const leaf = await x509.X509CertificateGenerator.create({
        ...authority,
        ...dates,
        publicKey: await importPublic(publicKey),
        extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: dnsName }], true)],
      })
      const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
      return { keyPem, certPem: `${leaf.toString('pem')}\n` }
    },
    async revocationList(nextUpdateMs, serialNumbers) {
      const list = await x509.X509CrlGenerator.create({
        ...authority,
        thisUpdate: new Date(systemClock.now() - hourMs),
        nextUpdate: new Date(nextUpdateMs),
        // Without a reason it writes an empty list of extensions, which Envoy refuses.
        entries: serialNumbers.map(serialNumber => ({ serialNumber, reason: x509.X509CrlReason.superseded })),
      })
      // The library's own label is none that others read.
      const base64 = Buffer.from(list.rawData).toString('base64').replaceAll(/.{64}/g, '$&\n')
      return `-----BEGIN X509 CRL-----\n${base64}\n-----END X509 CRL-----\n`
    },
    async crossSignedBy(other) {
      const cross = await x509.X509CertificateGenerator.create({
        signingKey: other.keys.privateKey,
        issuer: other.root.subject,
        signingAlgorithm: algorithm,
        ...dates,
        subject: `O=${name}`,
        publicKey: keys.publicKey,
        extensions: caExtensions,
      })
      return `${cross.toString('pem')}\n`
    },
  }
}

function uriOf(csr: x509.Pkcs10CertificateRequest): string {
  for (const extension of csr.extensions) {
    if (extension instanceof x509.SubjectAlternativeNameExtension) return extension.names.items[0]?.value ?? ''
  }
  return ''
}

async function importPublic(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const spki = createPublicKey(key.export({ type: 'spki', format: 'pem' })).export({ type: 'spki', format: 'der' })
  return webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify'])
}
