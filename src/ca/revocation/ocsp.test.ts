import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { p256 } from '../testing/openssl.ts'
import { newCsr } from '../testing/requests.ts'
import { type CaRig, startRig } from '../testing/rig.ts'
import { opensslSigner } from '../testing/signers.ts'

let rig: CaRig
let folder: string
before(async () => {
  rig = await startRig()
  folder = mkdtempSync(path.join(tmpdir(), 'meshwright-ocsp-'))
})
after(async () => {
  rmSync(folder, { recursive: true })
  await rig.close()
})

async function issue(): Promise<string> {
  const { text } = await rig.authority.createJoinToken({ namespace: 'a', serviceAccount: 'b', ttlMs: 60_000 })
  const [leaf = ''] = await rig.call({ csr: await newCsr(), token: text })
  return leaf
}

/** What `openssl ocsp` makes of our answer to its question, once it has verified it. */
function ask(leafPem: string, issuerPem = rig.authority.trustBundlePem(), more: readonly string[] = []): string {
  const [leaf, issuer, request, answer] = ['leaf', 'issuer', 'request', 'answer'].map(name => path.join(folder, name))
  if (leaf === undefined || issuer === undefined || request === undefined || answer === undefined) return ''
  writeFileSync(leaf, leafPem)
  writeFileSync(issuer, issuerPem)
  const about = ['ocsp', '-issuer', issuer, ...more, '-cert', leaf]
  execFileSync('openssl', [...about, '-no_nonce', '-reqout', request], { stdio: 'pipe' })
  writeFileSync(answer, rig.authority.lists.ocsp(readFileSync(request)))
  const check = ['-respin', answer, '-CAfile', issuer, '-no_nonce', '-resp_text']
  return execFileSync('openssl', [...about, ...check], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

test('OpenSSL verifies that a certificate is good, by either hash', async () => {
  const leaf = await issue()
  assert.match(ask(leaf), /leaf: good/)
  assert.match(ask(leaf, rig.authority.trustBundlePem(), ['-sha256']), /leaf: good/)
})

test('OpenSSL verifies that a certificate is revoked, when and why, as soon as it is', async () => {
  const leaf = await issue()
  assert.match(ask(leaf), /leaf: good/)
  const value = new X509Certificate(leaf).serialNumber
  await rig.authority.revocations.revoke({ kind: 'serial', value, reason: 'keyCompromise', banUntilMs: undefined })
  assert.match(ask(leaf), /leaf: revoked[\s\S]*Reason: keyCompromise/)
})

test('an answer is kept for who asks again', async () => {
  const leaf = await issue()
  ask(leaf)
  const request = readFileSync(path.join(folder, 'request'))
  assert.equal(rig.authority.lists.ocsp(request), rig.authority.lists.ocsp(request))
})

test('about others’ certificates nothing is signed', async () => {
  const other = opensslSigner(p256)
  const mine = await issue()
  const unauthorized = { stdout: /Responder Error: unauthorized/ }
  assert.throws(() => ask(mine, other.certificatePem), unauthorized)
  // Of our issuer's name and key, but a number that was never given out.
  assert.throws(() => ask(other.certificatePem), unauthorized)
})

test('what is no request is told to be malformed, whatever it is', async () => {
  const leaf = await issue()
  ask(leaf)
  const request = readFileSync(path.join(folder, 'request'))
  const malformed = Buffer.from('30030a0101', 'hex')
  for (let cut = 0; cut < request.length; cut += 1) {
    assert.deepEqual(rig.authority.lists.ocsp(request.subarray(0, cut)), malformed)
  }
  assert.deepEqual(rig.authority.lists.ocsp(Buffer.alloc(5000, 0x30)), malformed)
})
