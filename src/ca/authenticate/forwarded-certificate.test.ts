import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PeerIdentity } from '../../platform/rpc.ts'
import type { Verdict } from './authenticator.ts'
import { forwardedCertificateAuthenticator } from './forwarded-certificate.ts'
import { parseForwardedCertificates } from './forwarded-certificate-field.ts'

const web = 'spiffe://cluster.local/ns/photo/sa/web'
const hash = 'ab'.repeat(32)

async function verdictOn(
  field: string | undefined,
  address = '10.1.2.3:4711',
  transport: PeerIdentity['transport'] = 'tls',
) {
  const authenticator = forwardedCertificateAuthenticator({
    from: ['10.0.0.0/8', 'fd00::/16'],
    trustDomain: 'cluster.local',
  })
  const metadata = field === undefined ? {} : { 'x-forwarded-client-cert': field }
  return authenticator.authenticate({ peer: { transport, address }, metadata })
}

function reasonOf(verdict: Verdict): string {
  return verdict.kind === 'refused' ? verdict.reason : verdict.kind
}

test('what Envoy writes is read: keys without case, quoted values, several names, several elements', () => {
  const by = 'By=spiffe://cluster.local/ns/istio-system/sa/gateway'
  assert.deepEqual(parseForwardedCertificates(`${by};Hash=${hash};Subject="CN=\\"a, b\\";O=x";URI=${web}`), [
    { uris: [web], hash },
  ])
  assert.deepEqual(parseForwardedCertificates(`uri=a;Uri=b;DNS=c, URI="d,e;f"`), [
    { uris: ['a', 'b'], hash: '' },
    { uris: ['d,e;f'], hash: '' },
  ])
  assert.deepEqual(parseForwardedCertificates('Subject="";URI='), [{ uris: [], hash: '' }])
})

test('what Envoy would not write is nothing', () => {
  for (const field of [
    ',',
    ';',
    'URI',
    '=a',
    'URI=a,',
    'URI=a;',
    'URI="a',
    'URI="a"b',
    'URI=a"b"',
    'Hash=zz',
    `Hash=${hash};Hash=${hash}`,
    `URI=${'x'.repeat(20_000)}`,
  ]) {
    assert.equal(parseForwardedCertificates(field), undefined, field.slice(0, 40))
  }
})

test('a gateway that is trusted vouches for its caller', async () => {
  for (const address of ['10.1.2.3:4711', '[fd00::7]:4711']) {
    const verdict = await verdictOn(`Hash=${hash};URI=${web}`, address)
    assert.ok(verdict.kind === 'proved')
    assert.equal(verdict.proof.identity.uri, web)
    assert.deepEqual(verdict.proof.evidence, { kind: 'forwarded-certificate', hash })
  }
})

test('nobody else does, and not this machine unless the settings say so', async () => {
  for (const address of [
    '192.0.2.1:10',
    '127.0.0.1:4711',
    '[::1]:4711',
    '[::ffff:127.0.0.1]:4711',
    '10.1.2.3.evil:1',
    ':1',
  ]) {
    assert.match(reasonOf(await verdictOn(`URI=${web}`, address)), /no gateway that is trusted/, address)
  }
  assert.match(reasonOf(await verdictOn(`URI=${web}`, '/run/socket', 'local')), /no gateway/)
  assert.equal((await verdictOn(undefined)).kind, 'absent')
})

test('a field that could mean two callers, or none of this mesh, is refused', async () => {
  const other = 'spiffe://cluster.local/ns/photo/sa/api'
  for (const [field, reason] of [
    [`URI=${web},URI=${other}`, /2 elements/],
    [`URI=${web};URI=${other}`, /2 URI names/],
    [`Hash=${hash}`, /0 URI names/],
    ['URI=spiffe://other.mesh/ns/photo/sa/web', /trust domain is other\.mesh/],
    [`URI="${web}%20"`, /SPIFFE id/],
    [`URI=${web}/`, /SPIFFE id/],
    [`URI= ${web}`, /SPIFFE id/],
    ['nonsense', /does not parse/],
  ] as const) {
    assert.match(reasonOf(await verdictOn(field)), reason, field)
  }
})

test('any text is read or refused in a time that follows its length', () => {
  const pieces = fc.constantFrom('URI=', 'Hash=', '"', '\\', ';', ',', ' ', 'a', '=', web)
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 200 }), parts => {
      parseForwardedCertificates(parts.join(''))
    }),
  )
  for (const nasty of [
    `URI="${'\\'.repeat(16_000)}`,
    `URI=${' '.repeat(16_000)}"`,
    `${' '.repeat(16_000)}`,
    'a='.repeat(8000),
  ]) {
    const begin = performance.now()
    parseForwardedCertificates(nasty)
    assert.ok(performance.now() - begin < 500)
  }
})
