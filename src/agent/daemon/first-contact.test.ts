import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { before, test } from 'node:test'
import { createServer } from 'node:tls'
import { MeshwrightError } from '../../platform/errors.ts'
import { createTestAuthority, type TestAuthority } from '../testing/authority.ts'
import { pinnedRoot } from './first-contact.ts'

const serverName = 'istiod.istio-system.svc'
let authority: TestAuthority
let other: TestAuthority
before(async () => {
  authority = await createTestAuthority('mesh')
  other = await createTestAuthority('other')
})

const fingerprint = (pem: string): string => createHash('sha256').update(new X509Certificate(pem).raw).digest('hex')
const untrusted = (reason: RegExp) => (error: unknown) =>
  error instanceof MeshwrightError && error.code === 'AGENT_SERVER_UNTRUSTED' && reason.test(error.message)

async function withServer(
  options: { dnsName?: string; sends: string },
  use: (port: number) => Promise<void>,
): Promise<void> {
  const { keyPem, certPem } = await authority.server(options.dnsName ?? serverName)
  const server = createServer({ key: keyPem, cert: certPem + options.sends, ALPNProtocols: ['h2'] })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await use((server.address() as AddressInfo).port)
  } finally {
    server.close()
  }
}

const contact = (port: number, pin: string): Promise<string> =>
  pinnedRoot({ address: { host: '127.0.0.1', port }, serverName }, [pin], 5_000)

test('a root that is presented and pinned is returned once the server has proved its name with it', async () => {
  await withServer({ sends: authority.rootPem }, async port => {
    assert.equal((await contact(port, fingerprint(authority.rootPem))).trim(), authority.rootPem.trim())
  })
})

test('GO-2026-6010, -6013: a server that presents no pinned certificate is not trusted', async () => {
  await withServer({ sends: authority.rootPem }, async port => {
    await assert.rejects(contact(port, fingerprint(other.rootPem)), untrusted(/none of the 2 certificates/))
  })
  await withServer({ sends: '' }, async port => {
    await assert.rejects(contact(port, fingerprint(authority.rootPem)), untrusted(/none of the 1 certificates/))
  })
})

test('a server that presents the pinned root but does not descend from it is not trusted', async () => {
  const stolen = await authority.crossSignedBy(other)
  // The attacker's own chain, with the pinned root hung on: other → cross-signed → leaf.
  const attacker = await createTestAuthority('mesh')
  const { keyPem, certPem } = await attacker.server(serverName)
  const server = createServer({ key: keyPem, cert: certPem + authority.rootPem + stolen, ALPNProtocols: ['h2'] })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    await assert.rejects(contact(port, fingerprint(authority.rootPem)), untrusted(/./))
  } finally {
    server.close()
  }
})

test('CVE-2021-32574: a server with another name is not trusted', async () => {
  await withServer({ dnsName: 'evil.example', sends: authority.rootPem }, async port => {
    await assert.rejects(contact(port, fingerprint(authority.rootPem)), untrusted(/evil\.example|altnames/))
  })
})

test('a token that pins the old root is good after a rotation, through the cross-signed new one', async () => {
  const sends = (await authority.crossSignedBy(other)) + other.rootPem
  await withServer({ sends }, async port => {
    assert.equal((await contact(port, fingerprint(other.rootPem))).trim(), other.rootPem.trim())
  })
})

test('a daemon that is not there is an error of the network, which passes', async () => {
  await assert.rejects(contact(1, fingerprint(authority.rootPem)), { code: 'ECONNREFUSED' })
})
