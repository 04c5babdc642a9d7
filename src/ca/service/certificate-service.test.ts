import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { GrpcCode } from '../../platform/error-codes.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { opensslCsr, opensslText, opensslVerify } from '../testing/openssl.ts'
import { x509 } from '../testing/peculiar.ts'
import { greedyCsr, newCsr, newKeys } from '../testing/requests.ts'
import { type CaRig, certifiedPeer, requestBody, startRig, tlsPeer } from '../testing/rig.ts'

const hourMs = 3_600_000
const web = 'spiffe://cluster.local/ns/photo/sa/web'

let rig: CaRig
before(async () => {
  rig = await startRig()
})
after(() => rig.close())

async function newToken(): Promise<string> {
  return (await rig.authority.createJoinToken({ namespace: 'photo', serviceAccount: 'web' })).text
}

const webPeer = () => certifiedPeer([web], rig.clock.now() + hourMs)

function fails(code: GrpcCode, message: string | RegExp): (thrown: unknown) => boolean {
  return thrown => {
    assert.ok(thrown instanceof MeshwrightError, String(thrown))
    assert.equal(thrown.grpcCode, code)
    if (typeof message === 'string') assert.equal(thrown.message, message)
    else assert.match(thrown.message, message)
    return true
  }
}
const notAuthenticated = fails('UNAUTHENTICATED', 'request authenticate failure')

test('a caller with a join token gets leaf and root, each an element that ends with a newline', async () => {
  const chain = await rig.call({ csr: await newCsr(), token: await newToken() })
  assert.equal(chain.length, 2)
  assert.equal(chain[1], rig.authority.trustBundlePem())
  for (const element of chain) {
    assert.match(element, /^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+\n-----END CERTIFICATE-----\n$/)
    assert.equal(element.split('BEGIN').length, 2)
  }
})

test('CVE-2022-40716: the leaf says the identity of the proof and nothing of what the request asked for', async () => {
  const keys = await newKeys()
  const [leafPem = '', rootPem = ''] = await rig.call({ csr: await greedyCsr(keys), peer: webPeer() })
  opensslVerify(leafPem, rootPem, rig.clock.now())
  const leaf = new x509.X509Certificate(leafPem)
  assert.equal(leaf.subject, '')
  const names = leaf.getExtension(x509.SubjectAlternativeNameExtension)
  assert.equal(names?.critical, true)
  assert.deepEqual(names?.names.toJSON(), [{ type: 'url', value: web }])
  const usages = leaf.getExtension(x509.KeyUsagesExtension)
  assert.equal(usages?.critical, true)
  assert.equal(usages?.usages, x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment)
  assert.deepEqual(Array.from(leaf.getExtension(x509.ExtendedKeyUsageExtension)?.usages ?? []), [
    x509.ExtendedKeyUsage.serverAuth,
    x509.ExtendedKeyUsage.clientAuth,
  ])
  const constraints = leaf.getExtension(x509.BasicConstraintsExtension)
  assert.deepEqual([constraints?.critical, constraints?.ca], [true, false])
  const root = new x509.X509Certificate(rootPem)
  assert.equal(
    leaf.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId,
    root.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId,
  )
  assert.equal(leaf.extensions.length, 6)
  assert.equal(leaf.issuer, 'O=cluster.local')
  assert.deepEqual(
    Buffer.from(leaf.publicKey.rawData),
    Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey)),
  )
  assert.match(leaf.serialNumber, /^[4-7][0-9a-f]{31}$/)
})

test('openssl reads the leaf as we mean it', async () => {
  const [leafPem = ''] = await rig.call({ csr: await newCsr(), peer: webPeer() })
  const text = opensslText(leafPem)
  assert.match(text, /Version: 3/)
  assert.match(text, /Key Usage: critical\s+Digital Signature, Key Encipherment\n/)
  assert.match(text, /Basic Constraints: critical\s+CA:FALSE\n/)
  assert.match(text, new RegExp(`Subject Alternative Name: critical\\s+URI:${web}\n`))
})

test('RSA and P-384 keys are certified too', async () => {
  for (const options of [['rsa:2048'], ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384']]) {
    const [leafPem = '', rootPem = ''] = await rig.call({ csr: opensslCsr(options), peer: webPeer() })
    opensslVerify(leafPem, rootPem, rig.clock.now())
  }
})

test('a leaf begins two minutes ago at most, never before its root, and lives as long as asked', async () => {
  rig.clock.advance(hourMs)
  for (const [validitySeconds, lifeMs] of [
    [0, 24 * hourMs],
    [-1, 24 * hourMs],
    [600, 600_000],
    [7_776_000, 2160 * hourMs],
  ] as const) {
    const [leafPem = ''] = await rig.call({ csr: await newCsr(), peer: webPeer(), validitySeconds })
    const leaf = new X509Certificate(leafPem)
    assert.equal(leaf.validFromDate.getTime(), rig.clock.now() - 120_000)
    assert.equal(leaf.validToDate.getTime(), rig.clock.now() + lifeMs)
  }
})

test('a life beyond the maximum is refused and not cut', async () => {
  await assert.rejects(
    rig.call({ csr: await newCsr(), peer: webPeer(), validitySeconds: 87_600 * 3600 }),
    fails(
      'INVALID_ARGUMENT',
      'CSR signing error (requested TTL 87600h0m0s is greater than the max allowed TTL 2160h0m0s)',
    ),
  )
})

test('a request that does not parse, or was not signed by its key, is INVALID_ARGUMENT', async () => {
  await assert.rejects(
    rig.call({ csr: 'nonsense', peer: webPeer() }),
    fails('INVALID_ARGUMENT', /^CSR signing error \(certificate signing request is not properly encoded.*\)$/),
  )
  await assert.rejects(
    rig.call({ csr: opensslCsr(['rsa:1024']), peer: webPeer() }),
    fails('INVALID_ARGUMENT', /1024 bits/),
  )
})

test('CVE-2022-23635: a message that does not decode is INVALID_ARGUMENT, but only to those who are authenticated', async () => {
  const body = Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])
  await assert.rejects(rig.call({ body, peer: webPeer() }), fails('INVALID_ARGUMENT', /IstioCertificateRequest/))
  await assert.rejects(rig.call({ body }), notAuthenticated)
})

test('nobody without a credential, with a foreign or malformed one, gets anything', async () => {
  const csr = await newCsr()
  const soon = rig.clock.now() + hourMs
  await assert.rejects(rig.call({ csr }), notAuthenticated)
  await assert.rejects(rig.call({ csr, token: 'eyJhbGciOiJub25lIn0.e30.' }), notAuthenticated)
  await assert.rejects(
    rig.call({ csr, peer: certifiedPeer(['spiffe://other.mesh/ns/photo/sa/web'], soon) }),
    notAuthenticated,
  )
  await assert.rejects(
    rig.call({ csr, peer: certifiedPeer([web, 'spiffe://cluster.local/ns/a/sa/b'], soon) }),
    notAuthenticated,
  )
  await assert.rejects(rig.call({ csr, peer: certifiedPeer([], soon) }), notAuthenticated)
  await assert.rejects(
    rig.call({ csr, peer: certifiedPeer(['spiffe://cluster.local/ns/photo/sa/we%62'], soon) }),
    notAuthenticated,
  )
  await assert.rejects(rig.call({ csr, peer: certifiedPeer([web], rig.clock.now()) }), notAuthenticated)
})

test('a certificate on a channel that is not TLS proves nothing, and a join token in clear text is refused', async () => {
  const csr = await newCsr()
  await assert.rejects(rig.call({ csr, peer: { ...webPeer(), transport: 'plaintext' } }), notAuthenticated)
  await assert.rejects(
    rig.call({ csr, token: await newToken(), peer: { transport: 'plaintext', address: '192.0.2.1:1' } }),
    notAuthenticated,
  )
})

test('a caller with a certificate that is not good enough may still show a join token', async () => {
  const chain = await rig.call({
    csr: await newCsr(),
    token: await newToken(),
    peer: certifiedPeer(['spiffe://other.mesh/ns/photo/sa/web'], rig.clock.now() + hourMs),
  })
  assert.match(opensslText(chain[0] ?? ''), /URI:spiffe:\/\/cluster\.local\/ns\/photo\/sa\/web/)
})

test('with both, the certificate comes first and the token is not spent', async () => {
  const token = await newToken()
  const other = 'spiffe://cluster.local/ns/photo/sa/api'
  const peer = certifiedPeer([other], rig.clock.now() + hourMs)
  const [leafPem = ''] = await rig.call({ csr: await newCsr(), token, peer })
  assert.match(opensslText(leafPem), /URI:spiffe:\/\/cluster\.local\/ns\/photo\/sa\/api/)
  await rig.call({ csr: await newCsr(), token })
})

test('SPI-01-004: asking for the identity of another is refused with its own text', async () => {
  await assert.rejects(
    rig.call({ csr: await newCsr(), peer: webPeer(), impersonate: 'spiffe://cluster.local/ns/photo/sa/api' }),
    fails('UNAUTHENTICATED', 'request impersonation authentication failure'),
  )
})

test('a renewal may use the old key or a new one', async () => {
  const keys = await newKeys()
  await rig.call({ csr: await greedyCsr(keys), peer: webPeer() })
  await rig.call({ csr: await greedyCsr(keys), peer: webPeer() })
  await rig.call({ csr: await newCsr(), peer: webPeer() })
})

test('a join token is spent on one key: a retry with it is answered, another key is not', async () => {
  const token = await newToken()
  const csr = await newCsr()
  await rig.call({ csr, token })
  await rig.call({ csr, token })
  await assert.rejects(rig.call({ csr: await newCsr(), token }), notAuthenticated)
  await rig.call({ csr, token })
})

test('of two keys that race for one token exactly one wins', async () => {
  const token = await newToken()
  const requests = await Promise.all(Array.from({ length: 8 }, newCsr))
  const results = await Promise.allSettled(requests.map(csr => rig.call({ csr, token })))
  assert.equal(results.filter(result => result.status === 'fulfilled').length, 1)
})

test('a request whose possession is not shown spends no token', async () => {
  const token = await newToken()
  const keys = await newKeys()
  const stolen = (await greedyCsr(keys)).replace(/.{6}(?=\n-----END)/, 'AAAAAA')
  await assert.rejects(rig.call({ csr: stolen, token }), fails('INVALID_ARGUMENT', /CSR signing error/))
  await rig.call({ csr: await newCsr(), token })
})

test('each issuance is on record before the answer: who, with what, from where, until when', async () => {
  const token = await newToken()
  const [leafPem = ''] = await rig.call({ csr: await newCsr(), token })
  const leaf = new X509Certificate(leafPem)
  const [latest] = rig.authority.issuances(1)
  assert.deepEqual(
    { ...latest, keyFingerprint: undefined, evidenceDetail: undefined },
    {
      serialNumber: leaf.serialNumber,
      identity: web,
      issuedAtMs: rig.clock.now(),
      notAfterMs: leaf.validToDate.getTime(),
      keyFingerprint: undefined,
      digest: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
      issuerFingerprint: rig.authority.rootFingerprintSha256(),
      evidence: 'join-token',
      evidenceDetail: undefined,
      peerAddress: tlsPeer.address,
    },
  )
  const spki = new x509.X509Certificate(leafPem).publicKey.rawData
  const fingerprint = Buffer.from(await crypto.subtle.digest('SHA-256', spki)).toString('hex')
  assert.equal(latest?.keyFingerprint, fingerprint)
})

test('what happened is counted under the names that dashboards know', async () => {
  const own = await startRig()
  try {
    const peer = certifiedPeer([web], own.clock.now() + hourMs)
    await own.call({ csr: await newCsr(), peer })
    await assert.rejects(own.call({ csr: 'x', peer }))
    await assert.rejects(own.call({ csr: await newCsr(), peer, validitySeconds: 1e9 }))
    await assert.rejects(own.call({}))
    await assert.rejects(own.call({ peer: certifiedPeer(['spiffe://cluster.local/admin'], own.clock.now() + hourMs) }))
    const expiryMs = own.clock.now() + 3650 * 24 * hourMs
    const named = Object.entries(own.authority.metrics()).filter(([name]) => name.startsWith('citadel_'))
    assert.deepEqual(Object.fromEntries(named), {
      citadel_server_csr_count: 5,
      citadel_server_authentication_failure_count: 2,
      citadel_server_csr_parsing_err_count: 1,
      citadel_server_id_extraction_err_count: 1,
      citadel_server_csr_sign_err_count: 1,
      citadel_server_success_cert_issuance_count: 1,
      citadel_server_root_cert_expiry_timestamp: expiryMs / 1000,
      citadel_server_root_cert_expiry_seconds: 3650 * 24 * 3600,
      citadel_server_cert_chain_expiry_timestamp: expiryMs / 1000,
      citadel_server_cert_chain_expiry_seconds: 3650 * 24 * 3600,
    })
  } finally {
    await own.close()
  }
})

test('SPIRE #4490: beyond the backlog callers are told to come back, and all others are served', async () => {
  const own = await startRig({ settings: { admission: { mostWaiting: 5 } } })
  try {
    const peer = certifiedPeer([web], own.clock.now() + hourMs)
    const body = requestBody({ csr: await newCsr() })
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => own.call({ body, peer })))
    const refused = results.flatMap(result => (result.status === 'rejected' ? [result.reason] : []))
    assert.equal(refused.length, 3)
    refused.forEach(fails('RESOURCE_EXHAUSTED', /^CSR signing error \(more than 5 certificate requests are waiting/))
    await own.call({ body, peer })
  } finally {
    await own.close()
  }
})

test('nothing is signed for a caller that has gone away', async () => {
  const before = rig.authority.issuances(1)
  const call = rig.call({ csr: await newCsr(), peer: webPeer(), signal: AbortSignal.abort() })
  await assert.rejects(call, fails('CANCELLED', /./))
  assert.deepEqual(rig.authority.issuances(1), before)
})

test('a message larger than any request is refused before anybody looks at who sent it', async () => {
  const before = rig.authority.metrics().citadel_server_authentication_failure_count
  await assert.rejects(
    rig.call({ body: Buffer.alloc(64 * 1024 + 1) }),
    fails('INVALID_ARGUMENT', /65537 bytes, more than the 65536/),
  )
  assert.equal(rig.authority.metrics().citadel_server_authentication_failure_count, before)
})

test('refusals are on record: of somebody known at once, of the unknown counted for a minute', async () => {
  const own = await startRig()
  try {
    const peer = certifiedPeer([web], own.clock.now() + hourMs)
    await assert.rejects(own.call({ csr: 'nonsense', peer }))
    await assert.rejects(own.call({ csr: await newCsr(), peer, impersonate: 'spiffe://cluster.local/ns/a/sa/b' }))
    for (let i = 0; i < 5; i += 1) await assert.rejects(own.call({ csr: await newCsr() }))
    own.clock.advance(60_000)
    await own.call({ csr: await newCsr(), peer })
    const entries = own.authority.transparency.entries({ limit: 10, order: 'oldest-first', kind: 'refusal' })
    assert.deepEqual(
      entries.map(({ entry }) => [entry.identity, entry.caller?.evidence, entry.details?.code, entry.details?.count]),
      [
        [web, 'client-certificate', 'CA_CSR_INVALID', undefined],
        [web, 'client-certificate', 'CA_IMPERSONATION_REFUSED', undefined],
        [undefined, 'none', 'CA_UNAUTHENTICATED', 5],
      ],
    )
  } finally {
    await own.close()
  }
})
