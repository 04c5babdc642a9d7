import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { parseJoinToken } from '../platform/join-token.ts'
import { isServerName, proveOwnServer } from './authenticate/own-server.ts'
import { rootLifeMs } from './roots.ts'
import { sealingKeyFileName } from './sealed-secrets.ts'
import type { ServerCertificate } from './server-certificate/server-certificate.ts'
import { opensslText, opensslVerify } from './testing/openssl.ts'
import { newCsr } from './testing/requests.ts'
import { type CaRig, certifiedPeer, startRig } from './testing/rig.ts'

const hourMs = 3_600_000
const web = 'spiffe://cluster.local/ns/photo/sa/web'

let rig: CaRig
beforeEach(async () => {
  rig = await startRig({ serverNames: ['mesh.example.com', '192.0.2.10', '2001:db8::1'] })
})
afterEach(() => rig.close())

test('the root is self-signed, may sign certificates and lists, and lives ten years', () => {
  const pem = rig.authority.trustBundlePem()
  opensslVerify(pem, pem, rig.clock.now())
  const text = opensslText(pem)
  assert.match(text, /Subject: O = cluster.local\n/)
  assert.match(text, /Key Usage: critical\s+Certificate Sign, CRL Sign\n/)
  assert.match(text, /Basic Constraints: critical\s+CA:TRUE\n/)
  const root = new X509Certificate(pem)
  assert.equal(root.validToDate.getTime(), rig.clock.now() + rootLifeMs)
  assert.equal(rig.authority.rootFingerprintSha256(), root.fingerprint256.replaceAll(':', '').toLowerCase())
})

test('root, join tokens and issuances are the same after a restart', async () => {
  const bundle = rig.authority.trustBundlePem()
  const { text } = await rig.authority.createJoinToken({ namespace: 'photo', serviceAccount: 'web' })
  const csr = await newCsr()
  await rig.call({ csr, token: text })
  const [before] = rig.authority.issuances(1)
  await rig.restart()
  assert.equal(rig.authority.trustBundlePem(), bundle)
  assert.deepEqual(rig.authority.issuances(2)[1], before)
  const [leafPem = ''] = await rig.call({ csr, token: text })
  opensslVerify(leafPem, bundle, rig.clock.now())
  await assert.rejects(rig.call({ csr: await newCsr(), token: text }), { code: 'CA_UNAUTHENTICATED' })
})

test('GO-2026-6010: a join token carries the fingerprint of the root, and the server sends that root in its chain', async () => {
  const { text } = await rig.authority.createJoinToken({ namespace: 'photo', serviceAccount: 'web' })
  const { certificateChainPem } = await rig.authority.issueServerCertificate()
  const sent = certificateChainPem.split(/(?=-----BEGIN)/)
  const fingerprints = sent.map(pem => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase())
  assert.deepEqual(parseJoinToken(text).claims.rootFingerprints, [fingerprints.at(-1)])
})

test("the daemon's own certificate names every way to reach it and belongs to its key", async () => {
  const { certificateChainPem, privateKeyPem, notAfterMs } = await rig.authority.issueServerCertificate()
  opensslVerify(certificateChainPem, rig.authority.trustBundlePem(), rig.clock.now())
  const leaf = new X509Certificate(certificateChainPem)
  assert.ok(leaf.checkPrivateKey(createPrivateKey(privateKeyPem)))
  assert.equal(leaf.validToDate.getTime(), notAfterMs)
  for (const name of ['localhost', 'istiod.istio-system.svc', 'istiod.istio-system', 'mesh.example.com']) {
    assert.equal(leaf.checkHost(name), name)
  }
  for (const address of ['127.0.0.1', '192.0.2.10', '2001:db8::1', '::1']) assert.equal(leaf.checkIP(address), address)
  assert.equal(leaf.checkHost('elsewhere.example.com'), undefined)
  assert.doesNotMatch(leaf.subjectAltName ?? '', /URI/)
})

test('the own certificate is renewed before half its life, with another key', async () => {
  const first = await rig.authority.issueServerCertificate()
  const renewed = Promise.withResolvers<ServerCertificate>()
  rig.authority.onServerCertificate(renewed.resolve)
  rig.clock.advance(12 * hourMs - 1)
  const second = await renewed.promise
  assert.notEqual(second.privateKeyPem, first.privateKeyPem)
  assert.ok(second.notAfterMs > first.notAfterMs)
  assert.equal(await rig.authority.issueServerCertificate(), second)
})

test('neither the key of the root nor that of the server is readable in the data directory', async () => {
  const { privateKeyPem } = await rig.authority.issueServerCertificate()
  const secret = createPrivateKey(privateKeyPem).export({ format: 'der', type: 'pkcs8' }).subarray(-32)
  const pkcs8Of = Buffer.from('301306072a8648ce3d020106082a8648ce3d030107', 'hex')
  for (const name of readdirSync(rig.directory)) {
    const file = path.join(rig.directory, name)
    assert.equal(statSync(file).mode & 0o077, 0, name)
    const bytes = readFileSync(file)
    assert.ok(!bytes.includes(secret), name)
    assert.ok(!bytes.includes('PRIVATE KEY'), name)
    // The head of an EC key in PKCS #8; certificates are kept as PEM text, so it stands nowhere in the clear.
    assert.ok(!bytes.includes(pkcs8Of), name)
  }
})

test('without the file that opens the root the authority says so and makes no other root', async () => {
  const bundle = rig.authority.trustBundlePem()
  const file = path.join(rig.directory, sealingKeyFileName)
  const key = readFileSync(file)
  rmSync(file)
  await assert.rejects(rig.restart(), { code: 'CA_KEY_UNREADABLE' })
  writeFileSync(file, key)
  await rig.restart()
  assert.equal(rig.authority.trustBundlePem(), bundle)
})

test('no leaf outlives its root, and an expired root signs nothing', async () => {
  rig.clock.advance(rootLifeMs - hourMs)
  const peer = certifiedPeer([web], rig.clock.now() + 24 * hourMs)
  const [leafPem = '', rootPem = ''] = await rig.call({ csr: await newCsr(), peer })
  assert.equal(new X509Certificate(leafPem).validTo, new X509Certificate(rootPem).validTo)
  rig.clock.advance(hourMs)
  await assert.rejects(rig.call({ csr: await newCsr(), peer }), {
    code: 'CA_NOT_READY',
    message: /^CSR signing error \(the signing certificate expired at /,
  })
})

test('a trust domain or a server name that no certificate can say is refused at the start', async () => {
  await assert.rejects(startRig({ trustDomain: 'Cluster.Local' }), { code: 'SPIFFE_ID_INVALID' })
  await assert.rejects(startRig({ serverNames: ['bad name'] }), { code: 'CA_CERTIFICATE_GENERATION' })
})

test('CVE-2025-66220: server names with control characters, wildcards or zones are none', () => {
  for (const name of [
    '',
    'a\u0000b',
    'a\nb',
    '*.example.com',
    'a..b',
    'a.',
    '.a',
    '-a',
    'fe80::1%eth0',
    'a'.repeat(64),
    'ä.de',
  ]) {
    assert.ok(!isServerName(name), JSON.stringify(name))
    assert.throws(() => proveOwnServer([name]))
  }
})

test('a clock that is set back gets the daemon a certificate of its own that has begun, and a lost moment is made up for', async () => {
  const validFrom = async (): Promise<number> => {
    const { certificateChainPem } = await rig.authority.issueServerCertificate()
    return new X509Certificate(certificateChainPem).validFromDate.getTime()
  }
  const next = () => new Promise(resolve => rig.authority.onServerCertificate(resolve))
  const jump = (byMs: number): void => {
    rig.clock.jump(byMs)
    rig.authority.clockJumped(byMs)
  }
  rig.clock.advance(4 * hourMs)
  jump(2 * hourMs)
  rig.clock.advance(60_000)
  await new Promise(resolve => setTimeout(resolve, 50))
  assert.ok((await validFrom()) < rig.clock.now() - 5 * hourMs, 'nothing was due')
  const renewed = next()
  jump(-2 * hourMs)
  rig.clock.advance(0)
  await renewed
  const began = await validFrom()
  assert.ok(began <= rig.clock.now() && began > rig.clock.now() - hourMs)
  const late = next()
  jump(12 * hourMs)
  rig.clock.advance(0)
  await late
  assert.ok((await validFrom()) > began + 11 * hourMs)
})
