/** Authorities by @peculiar/x509, which shares nothing with ours: roots, intermediates, leaves and lists of revoked certificates. */

import { createPrivateKey, webcrypto } from 'node:crypto'
import { pemFromDer } from '../certificates/pem.ts'
import { x509 } from './peculiar.ts'

export interface ForeignAuthority {
  readonly name: string
  readonly certPem: string
  readonly keyPem: string
  readonly certificate: x509.X509Certificate
  readonly keys: webcrypto.CryptoKeyPair
  readonly algorithm: KeyAlgorithmName
}

export type KeyAlgorithmName = 'P-256' | 'P-384' | 'RSA-2048' | 'P-521'

export interface ForeignOptions {
  /** Absent: self-signed. */
  readonly by?: ForeignAuthority
  readonly algorithm?: KeyAlgorithmName
  readonly isAuthority?: boolean
  readonly pathLength?: number
  readonly notBefore?: Date
  readonly notAfter?: Date
  /** The same key with another certificate. */
  readonly keys?: webcrypto.CryptoKeyPair
  readonly usages?: x509.KeyUsageFlags
}

const hourMs = 3_600_000

export async function foreignAuthority(name: string, options: ForeignOptions = {}): Promise<ForeignAuthority> {
  const { by, algorithm = 'P-256', isAuthority = true } = options
  const keys = options.keys ?? (await newAuthorityKeys(algorithm))
  const signing = by ?? { keys, algorithm, name }
  const { certSign, cRLSign } = { certSign: x509.KeyUsageFlags.keyCertSign, cRLSign: x509.KeyUsageFlags.cRLSign }
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: `CN=${signing.name}`,
    publicKey: keys.publicKey,
    signingKey: signing.keys.privateKey,
    signingAlgorithm: signatureAlgorithms[signing.algorithm],
    notBefore: options.notBefore ?? new Date(Date.now() - hourMs),
    notAfter: options.notAfter ?? new Date(Date.now() + 365 * 24 * hourMs),
    extensions: [
      new x509.BasicConstraintsExtension(isAuthority, isAuthority ? options.pathLength : undefined, true),
      new x509.KeyUsagesExtension(options.usages ?? certSign | cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(signing.keys.publicKey),
    ],
  })
  return {
    name,
    certPem: `${certificate.toString('pem')}\n`,
    keyPem: await pkcs8Pem(keys),
    certificate,
    keys,
    algorithm,
  }
}

export interface ForeignLeaf {
  readonly publicKey: x509.PublicKeyType
  readonly names: x509.JsonGeneralNames | x509.Extension
  /** 30 seconds ago when absent. */
  readonly notBefore?: Date
  readonly notAfter: Date
  readonly usages?: readonly string[]
}

/** PEM. */
export async function foreignLeaf(by: ForeignAuthority, leaf: ForeignLeaf): Promise<string> {
  const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags
  const certificate = await x509.X509CertificateGenerator.create({
    issuer: `CN=${by.name}`,
    publicKey: leaf.publicKey,
    signingKey: by.keys.privateKey,
    signingAlgorithm: signatureAlgorithms[by.algorithm],
    notBefore: leaf.notBefore ?? new Date(Date.now() - 30_000),
    notAfter: leaf.notAfter,
    extensions: [
      new x509.KeyUsagesExtension(digitalSignature | keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension([...(leaf.usages ?? ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])]),
      leaf.names instanceof x509.Extension ? leaf.names : new x509.SubjectAlternativeNameExtension(leaf.names, true),
      await x509.AuthorityKeyIdentifierExtension.create(by.keys.publicKey),
    ],
  })
  return `${certificate.toString('pem')}\n`
}

/** PEM. */
export async function foreignCrl(
  by: ForeignAuthority,
  serialNumbers: readonly string[] = [],
  nextUpdate = new Date(Date.now() + 24 * hourMs),
): Promise<string> {
  const crl = await x509.X509CrlGenerator.create({
    issuer: `CN=${by.name}`,
    thisUpdate: new Date(Date.now() - hourMs),
    nextUpdate,
    entries: serialNumbers.map(serialNumber => ({ serialNumber })),
    signingAlgorithm: signatureAlgorithms[by.algorithm],
    signingKey: by.keys.privateKey,
  })
  return pemFromDer('X509 CRL', Buffer.from(crl.rawData))
}

/** Signs a request as an authority's. */
export async function foreignAnswer(by: ForeignAuthority, csrPem: string, notAfter?: Date): Promise<string> {
  const request = new x509.Pkcs10CertificateRequest(csrPem)
  if (!(await request.verify())) throw new Error('the request was not signed by its key')
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags
  const certificate = await x509.X509CertificateGenerator.create({
    subject: request.subject,
    issuer: `CN=${by.name}`,
    publicKey: request.publicKey,
    signingKey: by.keys.privateKey,
    signingAlgorithm: signatureAlgorithms[by.algorithm],
    notBefore: new Date(Date.now() - hourMs),
    notAfter: notAfter ?? new Date(Date.now() + 30 * 24 * hourMs),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(request.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(by.keys.publicKey),
    ],
  })
  return `${certificate.toString('pem')}\n`
}

const signatureAlgorithms: Readonly<Record<KeyAlgorithmName, { name: string; hash: string; namedCurve?: string }>> = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  'P-521': { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' },
  'RSA-2048': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
}

async function newAuthorityKeys(algorithm: KeyAlgorithmName): Promise<webcrypto.CryptoKeyPair> {
  if (algorithm === 'RSA-2048') {
    const rsa = { ...signatureAlgorithms[algorithm], modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }
    return webcrypto.subtle.generateKey(rsa, true, ['sign', 'verify'])
  }
  return webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: algorithm }, true, ['sign', 'verify'])
}

export async function pkcs8Pem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString()
}
