/** Certificate signing requests by @peculiar/x509, which shares nothing with our reader. */

import { webcrypto } from 'node:crypto'
import { x509 } from './peculiar.ts'

export type RequestKeys = webcrypto.CryptoKeyPair

export async function newKeys(namedCurve = 'P-256'): Promise<RequestKeys> {
  return webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve }, true, ['sign', 'verify'])
}

/** Asks for a lot that must not be granted: another identity, names, to be an authority. */
export async function greedyCsr(keys: RequestKeys, hash = 'SHA-256'): Promise<string> {
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=admin,O=system:masters',
    keys,
    signingAlgorithm: { name: 'ECDSA', hash },
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        { type: 'url', value: 'spiffe://cluster.local/ns/kube-system/sa/admin' },
        { type: 'url', value: 'spiffe://cluster.local/ns/istio-system/sa/istiod' },
        { type: 'dns', value: 'istiod.istio-system.svc' },
      ]),
      new x509.BasicConstraintsExtension(true, 3, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  })
  return request.toString('pem')
}

/** What an agent asks for: one URI name and no subject. */
export async function modestCsr(keys: RequestKeys, uri: string): Promise<string> {
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: keys.privateKey.algorithm.name === 'ECDSA' ? { name: 'ECDSA', hash: 'SHA-256' } : rsa,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'url', value: uri }], true)],
  })
  return request.toString('pem')
}

export async function newRsaKeys(modulusLength: number): Promise<RequestKeys> {
  return webcrypto.subtle.generateKey({ ...rsa, modulusLength, publicExponent: new Uint8Array([1, 0, 1]) }, true, [
    'sign',
    'verify',
  ])
}

const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }

export async function newCsr(): Promise<string> {
  return greedyCsr(await newKeys())
}
