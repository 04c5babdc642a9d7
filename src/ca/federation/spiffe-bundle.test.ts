import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { createTestAuthority } from '../../grpc/testing/test-authority.ts'
import { rootCertificatesIn } from './root-certificates.ts'
import { formatSpiffeBundle, parseSpiffeBundle } from './spiffe-bundle.ts'

const [one, two] = await Promise.all([createTestAuthority('One'), createTestAuthority('Two')])
const leaf = await one.leaf({ dns: ['x.example'] })

test('a bundle has an entry a root with its key and its certificate, and says how new it is', () => {
  const bundle = JSON.parse(formatSpiffeBundle([one.rootPem, two.rootPem], 7))
  assert.equal(bundle.spiffe_sequence, 7)
  assert.equal(bundle.spiffe_refresh_hint, 300)
  assert.equal(bundle.keys.length, 2)
  const { raw, publicKey } = new X509Certificate(one.rootPem)
  assert.deepEqual(bundle.keys[0], {
    use: 'x509-svid',
    ...publicKey.export({ format: 'jwk' }),
    x5c: [raw.toString('base64')],
  })
})

test('what is formatted is parsed to the same roots, in one order', () => {
  const parsed = parseSpiffeBundle(formatSpiffeBundle([one.rootPem, two.rootPem], 7))
  assert.deepEqual(parsed, parseSpiffeBundle(formatSpiffeBundle([two.rootPem, one.rootPem], 7)))
  assert.equal(parsed.rootsPem, rootCertificatesIn(one.rootPem + two.rootPem))
  assert.deepEqual([parsed.sequence, parsed.refreshHintSeconds], [7, 300])
})

test('entries for other uses are skipped, and numbers that are none are as if absent', () => {
  const bundle = JSON.parse(formatSpiffeBundle([one.rootPem], 7))
  bundle.keys.push({ use: 'jwt-svid', kty: 'EC' })
  const parsed = parseSpiffeBundle(JSON.stringify({ ...bundle, spiffe_sequence: -1, spiffe_refresh_hint: '9' }))
  assert.equal(parsed.rootsPem, rootCertificatesIn(one.rootPem))
  assert.deepEqual([parsed.sequence, parsed.refreshHintSeconds], [undefined, undefined])
})

test('a bundle without a root, with a leaf, with two certificates in one entry or with rubbish is refused', () => {
  const der = (pem: string): string => new X509Certificate(pem).raw.toString('base64')
  const leafDer = der(leaf.certPem)
  const texts = [
    '',
    'null',
    '[]',
    '{}',
    '{"keys":7}',
    '{"keys":[]}',
    '{"keys":[null]}',
    '{"keys":[{"use":"jwt-svid"}]}',
    '{"keys":[{"use":"x509-svid"}]}',
    '{"keys":[{"use":"x509-svid","x5c":["AAAA"]}]}',
    JSON.stringify({ keys: [{ use: 'x509-svid', x5c: [leafDer] }] }),
    JSON.stringify({ keys: [{ use: 'x509-svid', x5c: [der(one.rootPem), der(two.rootPem)] }] }),
  ]
  for (const text of texts) assert.throws(() => parseSpiffeBundle(text), { code: 'TRUST_BUNDLE_INVALID' }, text)
})

test('roots of a file are each taken once, and neither a leaf nor nothing nor 65 of them', () => {
  assert.equal(rootCertificatesIn(`text\n${one.rootPem}${one.rootPem}`), rootCertificatesIn(one.rootPem))
  for (const pem of ['', leaf.certPem, one.rootPem.slice(0, 200)]) {
    assert.throws(() => rootCertificatesIn(pem), { code: 'TRUST_BUNDLE_INVALID' })
  }
  assert.throws(() => rootCertificatesIn(one.rootPem.repeat(1_000)), /longer than/)
})
