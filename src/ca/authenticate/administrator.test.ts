import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { certificateRequest, generateKey } from '../../agent/identity/certificate-request.ts'
import { opensslCsr } from '../testing/openssl.ts'
import { startRig } from '../testing/rig.ts'

test('an administrator gets a certificate for the workload that he names, whatever the request says, and the log says so', async t => {
  const rig = await startRig()
  t.after(() => rig.close())
  const csrPem = certificateRequest(await generateKey('ec-p256'), 'spiffe://cluster.local/ns/other/sa/other')
  const about = { namespace: 'photo', serviceAccount: 'web', csrPem, peerAddress: '127.0.0.1:7' }
  const { identity, chain } = await rig.authority.issueForAdministrator({ ...about, ttlMs: 3_600_000 })
  assert.equal(identity.uri, 'spiffe://cluster.local/ns/photo/sa/web')
  const leaf = new X509Certificate(chain.leafPem)
  assert.equal(leaf.subjectAltName, 'URI:spiffe://cluster.local/ns/photo/sa/web')
  assert.equal(leaf.validToDate.getTime(), rig.clock.now() + 3_600_000)
  const [issuance] = rig.authority.issuances(1)
  assert.deepEqual(
    [issuance?.identity, issuance?.evidence, issuance?.peerAddress],
    [identity.uri, 'administrator', '127.0.0.1:7'],
  )
})

test('an administrator too gets nothing for a name that is none, a request without a key, or too long a life', async t => {
  const rig = await startRig()
  t.after(() => rig.close())
  const csrPem = certificateRequest(await generateKey('ec-p256'), 'spiffe://cluster.local/ns/a/sa/b')
  const good = { namespace: 'a', serviceAccount: 'b', csrPem, ttlMs: 0, peerAddress: '' }
  const issue = (change: object) => rig.authority.issueForAdministrator({ ...good, ...change })
  await assert.rejects(issue({ namespace: '../c' }), { code: 'SPIFFE_ID_INVALID' })
  await assert.rejects(issue({ csrPem: 'rubbish' }), { code: 'CA_CSR_INVALID' })
  await assert.rejects(issue({ ttlMs: 91 * 86_400_000 }), { code: 'CA_TTL_TOO_LONG' })
})

test('an administrator may certify an Ed25519 key only where the settings allow it', async t => {
  const csrPem = opensslCsr(['ed25519'])
  const asked = { namespace: 'a', serviceAccount: 'b', csrPem, ttlMs: 0, peerAddress: '' }
  const strict = await startRig()
  t.after(() => strict.close())
  await assert.rejects(strict.authority.issueForAdministrator(asked), { code: 'CA_CSR_INVALID' })
  const lenient = await startRig({ settings: { issuer: { allowEd25519: true } } })
  t.after(() => lenient.close())
  const { chain } = await lenient.authority.issueForAdministrator(asked)
  assert.equal(new X509Certificate(chain.leafPem).publicKey.asymmetricKeyType, 'ed25519')
})
