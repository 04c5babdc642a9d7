import assert from 'node:assert/strict'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { before, test } from 'node:test'
import { MeshwrightError } from '../../platform/errors.ts'
import { openStateDirectory } from '../state/state-directory.ts'
import { createTestAuthority, type LeafOptions, type TestAuthority } from '../testing/authority.ts'
import { certificateRequest, formatKey, generateKey } from './certificate-request.ts'
import { loadIdentity, saveIdentity } from './identity-store.ts'
import { workloadCertificateFrom } from './workload-certificate.ts'

const uri = 'spiffe://cluster.local/ns/photo/sa/web'
let authority: TestAuthority
let other: TestAuthority
before(async () => {
  authority = await createTestAuthority()
  other = await createTestAuthority('other')
})

async function issue(options: LeafOptions = {}) {
  const key = await generateKey('ec-p256')
  const chainPem = await authority.sign(certificateRequest(key, uri), options)
  return { keyPem: formatKey(key), chainPem, rootsPem: authority.rootPem, issuedAtMs: Date.now() }
}

const refuses = (parts: Parameters<typeof workloadCertificateFrom>[0], reason: RegExp): void =>
  assert.throws(
    () => workloadCertificateFrom(parts, Date.now()),
    error => error instanceof MeshwrightError && reason.test(error.message),
  )

test('what the authority issued is accepted with its identity and its end', async () => {
  const notAfter = new Date(Math.ceil(Date.now() / 1000) * 1000 + 600_000)
  const certificate = workloadCertificateFrom(await issue({ notAfter }), Date.now())
  assert.equal(certificate.spiffeId.uri, uri)
  assert.equal(certificate.notAfterMs, notAfter.getTime())
})

test('a certificate for another key, of another root, out of date or with another kind of name is refused', async () => {
  const good = await issue()
  refuses({ ...good, keyPem: (await issue()).keyPem }, /not for the key/)
  refuses({ ...good, rootsPem: other.rootPem }, /does not lead/)
  refuses({ ...good, rootsPem: '' }, /no root/)
  refuses({ ...good, chainPem: '' }, /no certificate/)
  refuses(await issue({ notAfter: new Date(Date.now() - 1_000) }), /expired/)
  refuses(await issue({ notBefore: new Date(Date.now() + 60_000) }), /not valid before/)
  refuses(await issue({ uri: 'https://cluster.local/' }), /not one SPIFFE id/)
})

test('a chain through an intermediate that a trusted root signed is accepted', async () => {
  const good = await issue()
  const intermediate = await authority.crossSignedBy(other)
  const parts = { ...good, chainPem: good.chainPem + intermediate, rootsPem: other.rootPem }
  assert.equal(workloadCertificateFrom(parts, Date.now()).spiffeId.uri, uri)
})

test('an identity that was saved is loaded again, and its key is readable by its owner alone', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'meshwright-identity-'))
  const state = await openStateDirectory(folder)
  try {
    assert.equal(await loadIdentity(state, Date.now()), undefined)
    const saved = workloadCertificateFrom(await issue(), Date.now())
    saveIdentity(state, saved)
    const loaded = await loadIdentity(state, Date.now())
    assert.deepEqual({ ...loaded, issuedAtMs: 0 }, { ...saved, issuedAtMs: 0 })
    assert.equal((await stat(state.identityFile)).mode & 0o777, 0o600)
    assert.equal((await stat(folder)).mode & 0o777, 0o700)
    await assert.rejects(loadIdentity(state, saved.notAfterMs + 1), /expired/)
    await writeFile(state.identityFile, 'garbage')
    await assert.rejects(loadIdentity(state, Date.now()), /cannot be used/)
  } finally {
    await state.release()
    await rm(folder, { recursive: true })
  }
})

test('a second agent on the same state directory is refused until the first one is gone', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'meshwright-state-'))
  const first = await openStateDirectory(folder)
  await assert.rejects(openStateDirectory(folder), /another agent uses it/)
  await first.release()
  await (await openStateDirectory(folder)).release()
  await rm(folder, { recursive: true })
  await assert.rejects(openStateDirectory(path.join(os.tmpdir(), 'x'.repeat(100))), /no room for a Unix socket/)
})
