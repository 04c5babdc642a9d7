/** The certificate service behind the real transport, called by grpc-js over TLS: first contact, join, renewal. */

import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, before, test } from 'node:test'
import { connect } from 'node:tls'
import { credentials, status } from '@grpc/grpc-js'
import { createDaemonClient } from '../../src/agent/daemon/daemon-client.ts'
import { createCertificate as createAgentCertificate } from '../../src/agent/identity/certificate-service.ts'
import { suggestedRenewal } from '../../src/agent/identity/suggested-renewal.ts'
import { createCertificatePath } from '../../src/ca/service/certificate-messages.ts'
import { opensslVerify } from '../../src/ca/testing/openssl.ts'
import { greedyCsr, newCsr, newKeys, type RequestKeys } from '../../src/ca/testing/requests.ts'
import { type CaRig, certChainIn, requestBody, startRig } from '../../src/ca/testing/rig.ts'
import { createGrpcServer, type GrpcServer } from '../../src/grpc/server.ts'
import { GrpcClient, type UnaryResult } from '../../src/grpc/testing/grpc-client.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { parseJoinToken } from '../../src/platform/join-token.ts'
import { silentLog } from '../../src/platform/log.ts'

let rig: CaRig
let server: GrpcServer
let port = 0

before(async () => {
  rig = await startRig()
  const own = await rig.authority.issueServerCertificate()
  server = createGrpcServer({
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    tls: {
      chainPem: own.certificateChainPem,
      keyPem: own.privateKeyPem,
      trustPem: rig.authority.trustBundlePem(),
    },
    log: silentLog,
    clock: systemClock,
  })
  for (const method of rig.authority.methods) server.register(method)
  const address = await server.start()
  assert.ok('port' in address)
  port = address.port
})
after(async () => {
  await server.stop()
  await rig.close()
})

interface Credential {
  readonly rootsPem: string
  readonly certificatePem?: string
  readonly keyPem?: string
  readonly token?: string
}

async function createCertificate(csr: string, credential: Credential): Promise<UnaryResult> {
  const bytes = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text))
  const { rootsPem, keyPem, certificatePem, token } = credential
  const client = new GrpcClient(
    `127.0.0.1:${port}`,
    credentials.createSsl(bytes(rootsPem), bytes(keyPem), bytes(certificatePem)),
  )
  try {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    return await client.unary(createCertificatePath, requestBody({ csr }), { headers, timeoutMs: 10_000 })
  } finally {
    client.close()
  }
}

async function newToken(serviceAccount: string): Promise<string> {
  return (await rig.authority.createJoinToken({ namespace: 'photo', serviceAccount })).text
}

async function keyPemOf(keys: RequestKeys): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey))
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`
}

/** What an agent knows before its first contact is the fingerprint in its token; it takes the root from the handshake. */
async function rootByFingerprint(fingerprints: readonly string[]): Promise<X509Certificate | undefined> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['h2'] })
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  let certificate = socket.getPeerX509Certificate()
  socket.destroy()
  for (let depth = 0; certificate !== undefined && depth < 8; depth += 1) {
    if (fingerprints.includes(certificate.fingerprint256.replaceAll(':', '').toLowerCase())) return certificate
    certificate = certificate.issuerCertificate
  }
  return undefined
}

function outcome(result: UnaryResult): { code: number; details: string } {
  return { code: result.code, details: result.details }
}

test('an agent that knows nothing but its token finds the root in the handshake, joins, and renews by mutual TLS', async () => {
  const token = await newToken('web')
  const root = await rootByFingerprint(parseJoinToken(token).claims.rootFingerprints)
  assert.ok(root !== undefined)
  const keys = await newKeys()
  const joined = await createCertificate(await greedyCsr(keys), { rootsPem: root.toString(), token })
  assert.equal(joined.code, status.OK, joined.details)
  const [certificatePem = '', bundlePem = ''] = certChainIn(joined.body ?? Buffer.alloc(0))
  opensslVerify(certificatePem, bundlePem, systemClock.now())

  const keyPem = await keyPemOf(keys)
  const renewed = await createCertificate(await newCsr(), { rootsPem: bundlePem, certificatePem, keyPem })
  assert.equal(renewed.code, status.OK, renewed.details)
  const [renewedPem = ''] = certChainIn(renewed.body ?? Buffer.alloc(0))
  assert.equal(new X509Certificate(renewedPem).subjectAltName, 'URI:spiffe://cluster.local/ns/photo/sa/web')
  const [latest] = rig.authority.issuances(1)
  assert.equal(latest?.evidence, 'client-certificate')
  assert.equal(latest?.evidenceDetail, new X509Certificate(certificatePem).serialNumber)
  assert.match(latest?.peerAddress ?? '', /^127\.0\.0\.1:\d+$/)
})

test('when to renew stands beside the answer, in 40 to 70 % of the life, and our own agent reads it', async () => {
  const rootsPem = rig.authority.trustBundlePem()
  const { code, initial } = await createCertificate(await newCsr(), { rootsPem, token: await newToken('web') })
  assert.equal(code, status.OK)
  const texts = new Map(Object.entries(initial).map(([name, value]) => [name, String(value)]))
  const suggested = suggestedRenewal(texts)
  const lifeMs = 24 * 3_600_000
  assert.ok(suggested !== undefined)
  assert.ok(suggested.afterMs >= 0.39 * lifeMs && suggested.beforeMs <= 0.71 * lifeMs, JSON.stringify(suggested))

  const client = createDaemonClient(
    { address: { host: '127.0.0.1', port }, serverName: 'localhost' },
    rig.authority.trustBundlePem(),
    undefined,
  )
  const asked = { csrPem: await newCsr(), ttlMs: lifeMs, clusterId: 'c', bearer: await newToken('api') }
  const signed = await createAgentCertificate(client, asked)
  client.close()
  assert.ok(signed.renewal !== undefined && signed.renewal.afterMs >= 0.39 * lifeMs)
})

test('statuses and texts arrive as clients of Istio know them', async () => {
  const rootsPem = rig.authority.trustBundlePem()
  assert.deepEqual(outcome(await createCertificate(await newCsr(), { rootsPem })), {
    code: status.UNAUTHENTICATED,
    details: 'request authenticate failure',
  })
  assert.deepEqual(outcome(await createCertificate('no request', { rootsPem, token: await newToken('api') })), {
    code: status.INVALID_ARGUMENT,
    details: 'CSR signing error (certificate signing request is not properly encoded: one PEM block is due)',
  })
})

test('the certificate of another authority opens no connection, also with the same identity in it', async () => {
  const other = await startRig()
  try {
    const keys = await newKeys()
    const { text } = await other.authority.createJoinToken({ namespace: 'photo', serviceAccount: 'web' })
    const [certificatePem = ''] = await other.call({ csr: await greedyCsr(keys), token: text })
    const credential = { rootsPem: rig.authority.trustBundlePem(), certificatePem, keyPem: await keyPemOf(keys) }
    const result = await createCertificate(await newCsr(), credential)
    assert.equal(result.body, undefined)
    assert.equal(result.code, status.UNAVAILABLE, result.details)
  } finally {
    await other.close()
  }
})

test('many agents at once each get their own certificate', async () => {
  const before = rig.authority.metrics().citadel_server_success_cert_issuance_count
  const rootsPem = rig.authority.trustBundlePem()
  const agents = Array.from({ length: 20 }, async (_, i) => {
    const result = await createCertificate(await newCsr(), { rootsPem, token: await newToken(`agent-${i}`) })
    const [pem = ''] = certChainIn(result.body ?? Buffer.alloc(0))
    return new X509Certificate(pem).subjectAltName
  })
  const names = await Promise.all(agents)
  assert.deepEqual(
    names,
    names.map((_, i) => `URI:spiffe://cluster.local/ns/photo/sa/agent-${i}`),
  )
  assert.equal(rig.authority.metrics().citadel_server_success_cert_issuance_count, before + 20)
})
