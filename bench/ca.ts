/**
 * How many certificates a second the authority makes on one thread: request in, leaf out, and the whole service with
 * the issuance on disk before each answer. `node bench/ca.ts [seconds per case]`
 */

import { createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'
import { proveOwnServer } from '../src/ca/authenticate/own-server.ts'
import { verifyCsr } from '../src/ca/certificates/csr.ts'
import { signerFrom } from '../src/ca/certificates/signer.ts'
import { cryptographyHere } from '../src/ca/cryptography/cryptography.ts'
import { builtInIssuer } from '../src/ca/issuers/issuer.ts'
import { opensslCsr, p256 } from '../src/ca/testing/openssl.ts'
import { certifiedPeer, requestBody, startRig } from '../src/ca/testing/rig.ts'

const seconds = Number(process.argv[2] ?? 2)
const hourMs = 3_600_000

interface Measured {
  readonly perSecond: number
  readonly microseconds: number
}

async function measure(name: string, task: () => unknown, together = 1): Promise<Measured> {
  for (let i = 0; i < 50; i += 1) await task()
  const start = performance.now()
  let count = 0
  while (performance.now() - start < seconds * 1000) {
    if (together === 1) await task()
    else await Promise.all(Array.from({ length: together }, task))
    count += together
  }
  const elapsedMs = performance.now() - start
  const measured = { perSecond: (count / elapsedMs) * 1000, microseconds: (elapsedMs / count) * 1000 }
  console.log(
    `${name.padEnd(58)} ${measured.perSecond.toFixed(0).padStart(7)}/s ${measured.microseconds.toFixed(0).padStart(7)} µs`,
  )
  return measured
}

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spki = pair.publicKey.export({ format: 'der', type: 'spki' })
const message = randomBytes(500)
const signature = sign('sha256', message, pair.privateKey)

const floor = await measure('floor: import a key, verify once, sign once (P-256)', () => {
  verify('sha256', message, createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature)
  sign('sha256', message, pair.privateKey)
})

const rig = await startRig()
// A throw-away root with its key in hand, to measure the path without the store.
const self = await selfSigned()
const issuer = builtInIssuer({ signer: () => self, cryptography: cryptographyHere, randomBytes })
const proof = proveOwnServer(['localhost'])
const requests = { 'P-256': opensslCsr(p256), 'RSA-2048': opensslCsr(['rsa:2048']) }
for (const [kind, csr] of Object.entries(requests)) {
  const measured = await measure(`request in, leaf out (${kind})`, async () => {
    const { publicKey } = verifyCsr(csr)
    await issuer.issue({ publicKey, nowMs: rig.clock.now(), ttlMs: hourMs }, proof)
  })
  console.log(`  ratio to the floor: ${(measured.microseconds / floor.microseconds).toFixed(2)}`)
}

const peer = certifiedPeer(['spiffe://cluster.local/ns/photo/sa/web'], rig.clock.now() + hourMs)
const body = requestBody({ csr: requests['P-256'] })
await measure('service, issuance on disk, one at a time', () => rig.call({ body, peer }))
await measure('service, issuance on disk, 256 at once', () => rig.call({ body, peer }), 256)
await rig.close()

async function selfSigned(): Promise<ReturnType<typeof signerFrom>> {
  const { X509CertificateGenerator } = (await import('../src/ca/testing/peculiar.ts')).x509
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'O=bench',
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    notBefore: new Date(rig.clock.now() - hourMs),
    notAfter: new Date(rig.clock.now() + 100 * hourMs),
  })
  const { createPrivateKey } = await import('node:crypto')
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey))
  return signerFrom(certificate.toString('pem'), createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
}
