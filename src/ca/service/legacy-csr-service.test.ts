import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, before, test } from 'node:test'
import protobuf from 'protobufjs'
import type { GrpcCode } from '../../platform/error-codes.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { PeerIdentity } from '../../platform/rpc.ts'
import { opensslCsr, p256 } from '../testing/openssl.ts'
import { newCsr } from '../testing/requests.ts'
import { type CaRig, certifiedPeer, startRig, tlsPeer } from '../testing/rig.ts'

/** The messages as the old release published them, not as our .proto file has them. */
const old = protobuf.parse(`
  syntax = "proto3";
  message CsrRequest { bytes csr_pem = 1; bytes node_agent_credential = 2; string credential_type = 3; int32 requested_ttl_minutes = 4; }
  message CsrResponse { bool is_approved = 1; bytes signed_cert = 3; bytes cert_chain = 4; }
`).root
const requestType = old.lookupType('CsrRequest')
const responseType = old.lookupType('CsrResponse')

const path = '/istio.v1.auth.IstioCAService/HandleCSR'
const web = 'spiffe://cluster.local/ns/photo/sa/web'
const hourMs = 3_600_000

let rig: CaRig
before(async () => {
  rig = await startRig({ settings: { callers: { legacyCsrService: true } } })
})
after(() => rig.close())

const webPeer = () => certifiedPeer([web], rig.clock.now() + hourMs)

async function handleCsr(csr: string, given: { minutes?: number; peer?: PeerIdentity; body?: Uint8Array } = {}) {
  const method = rig.authority.methods.find(each => each.path === path)
  assert.ok(method?.kind === 'unary')
  const asked = { csrPem: Buffer.from(csr), nodeAgentCredential: Buffer.from('x'), credentialType: 'onprem' }
  const body = requestType.encode({ ...asked, requestedTtlMinutes: given.minutes ?? 0 }).finish()
  const answer = await method.handle({
    peer: given.peer ?? webPeer(),
    metadata: {},
    body: given.body ?? body,
    signal: new AbortController().signal,
  })
  return responseType.toObject(responseType.decode(answer.body), { defaults: true })
}

function fails(code: GrpcCode, message: RegExp): (thrown: unknown) => boolean {
  return thrown => {
    assert.ok(thrown instanceof MeshwrightError, String(thrown))
    assert.equal(thrown.grpcCode, code)
    assert.match(thrown.message, message)
    return true
  }
}

test('a node agent with its certificate from disk gets the next one for the same identity', async () => {
  const { isApproved, signedCert, certChain } = await handleCsr(await newCsr(), { minutes: 90 })
  assert.equal(isApproved, true)
  assert.equal(Buffer.from(certChain).toString(), '')
  const leaf = new X509Certificate(Buffer.from(signedCert))
  assert.equal(leaf.subjectAltName, `URI:${web}`)
  assert.equal(leaf.validToDate.getTime(), rig.clock.now() + 90 * 60_000)
  assert.ok(leaf.verify(new X509Certificate(rig.authority.trustBundlePem()).publicKey))
})

test('its statuses and texts are those of that time', async () => {
  const csr = await newCsr()
  await assert.rejects(
    handleCsr(csr, { peer: tlsPeer }),
    fails('UNAUTHENTICATED', /^request authenticate failure, no caller identity$/),
  )
  await assert.rejects(handleCsr('nonsense'), fails('INVALID_ARGUMENT', /^CSR parsing error \(/))
  await assert.rejects(
    handleCsr(opensslCsr(p256)),
    fails('INVALID_ARGUMENT', /^CSR identity extraction error \(the SAN extension does not exist\)$/),
  )
  await assert.rejects(
    handleCsr(csr, { minutes: 2160 * 60 + 1 }),
    fails('INTERNAL', /^CSR signing error \(requested TTL 2160h1m0s is greater than the max allowed TTL 2160h0m0s\)$/),
  )
  await assert.rejects(handleCsr('', { body: Buffer.from([0xff]) }), fails('INVALID_ARGUMENT', /CsrRequest/))
})

test('without the setting there is no such service', async () => {
  const plain = await startRig()
  try {
    assert.equal(
      plain.authority.methods.some(each => each.path === path),
      false,
    )
  } finally {
    await plain.close()
  }
})
