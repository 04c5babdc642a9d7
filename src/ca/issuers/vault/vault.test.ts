import assert from 'node:assert/strict'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { errorFrom } from '../../../platform/errors.ts'
import type { IssuerSettings, VaultSettings } from '../../settings/issuer.ts'
import { issuerSuite } from '../../testing/issuer-suite.ts'
import { greedyCsr, modestCsr, newKeys } from '../../testing/requests.ts'
import { type CaRig, certifiedPeer, startRig } from '../../testing/rig.ts'
import { type SettingsFolder, settingsFolder } from '../../testing/settings-folder.ts'
import {
  rootToken,
  startVaultServer,
  type VaultServer,
  vaultRole,
  vaultServerRole,
} from '../../testing/vault-server.ts'

const uri = 'spiffe://cluster.local/ns/photo/sa/web'
const secrets = { roleId: 'role', secretId: 'secret', jwt: 'jwt' }

function settingsFor(
  address: string,
  folder: SettingsFolder,
  more: Partial<VaultSettings> = {},
): { readonly issuer: IssuerSettings } {
  const secretIdFile = folder.write('secret-id', `${secrets.secretId}\n`)
  const authentication = { kind: 'app-role', roleId: secrets.roleId, secretIdFile } as const
  const vault = { address, role: vaultRole, serverRole: vaultServerRole, authentication, ...more }
  return { issuer: { kind: 'vault', vault } }
}

const ways: Readonly<Record<string, (folder: SettingsFolder) => Partial<VaultSettings>>> = {
  'a role and AppRole': () => ({}),
  'a role and a token': folder => ({ authentication: { kind: 'token', tokenFile: folder.write('token', rootToken) } }),
  'a role and a service account': folder => ({
    authentication: { kind: 'kubernetes', role: 'meshwright', jwtFile: folder.write('jwt', secrets.jwt) },
  }),
}

for (const [name, more] of Object.entries(ways)) {
  issuerSuite(`a server with Vault's API, by ${name}`, () => startOn(more, 'ignored'))
}

issuerSuite("a server with Vault's API, verbatim", () =>
  startOn(() => ({ sign: 'verbatim', role: undefined, serverRole: undefined }) as unknown as VaultSettings, 'refused'),
)

async function startOn(more: (folder: SettingsFolder) => Partial<VaultSettings>, otherNames: 'ignored' | 'refused') {
  const [server, folder] = [await startVaultServer(secrets), settingsFolder()]
  const ca = await startRig({ settings: settingsFor(server.address, folder, more(folder)) }).catch(async thrown => {
    await server.stop()
    throw thrown
  })
  return {
    ca,
    otherNames,
    outage: {
      begin: async () => {
        server.isSealed = true
      },
      end: async () => {
        server.isSealed = false
      },
    },
    async close() {
      await ca.close()
      await server.stop()
      folder.remove()
    },
  }
}

suite('Vault', () => {
  let server: VaultServer
  let folder: SettingsFolder
  let ca: CaRig
  beforeEach(async () => {
    server = await startVaultServer(secrets)
    folder = settingsFolder()
    ca = await startRig({ settings: settingsFor(server.address, folder) })
  })
  afterEach(async () => {
    await ca.close()
    await server.stop()
    folder.remove()
  })

  const issue = async () =>
    ca.call({ csr: await modestCsr(await newKeys(), uri), peer: certifiedPeer([uri], ca.clock.now() + 1e10) })
  const renewals = (): number => server.calls.filter(call => call.endsWith('renew-self')).length
  const logins = (): number => server.calls.filter(call => call.endsWith('login')).length
  const settled = async (done: () => boolean): Promise<void> => {
    for (let i = 0; i < 200 && !done(); i += 1) await new Promise(resolve => setTimeout(resolve, 10))
    assert.ok(done(), server.calls.join('\n'))
  }

  test('its token is renewed at half its life, with one login for all requests', async () => {
    await Promise.all([issue(), issue(), issue()])
    assert.equal(logins(), 1)
    assert.equal(renewals(), 0)
    const [shown] = ca.authority.issuerCredentials()
    assert.deepEqual([shown?.kind, shown?.renewedBy, shown?.lifeMs, shown?.fault], ['token', 'us', 3_600_000, ''])
    const ends = ca.authority.metrics().meshwright_ca_issuer_credential_expiry_timestamp_seconds
    assert.equal(ends * 1000, shown?.notAfterMs)
    ca.clock.advance(1800 * 1000)
    await settled(() => renewals() === 1)
    assert.equal(logins(), 1)
  })

  test('a token that can be prolonged only a little is replaced by a new login', async () => {
    server.leaseSeconds = 60
    ca.clock.advance(1800 * 1000)
    await settled(() => logins() === 2)
    await issue()
  })

  test('a token that was revoked is replaced at the next request', async () => {
    const [first] = server.tokens
    server.revoke(first ?? '')
    await issue()
    assert.equal(logins(), 2)
  })

  test('a secret that is good no more is not tried over and over for one request', async () => {
    for (const token of server.tokens) server.revoke(token)
    folder.write('secret-id', 'wrong')
    await assert.rejects(issue(), { code: 'CA_ISSUER_REFUSED' })
    assert.equal(logins(), 2)
    folder.write('secret-id', secrets.secretId)
    await issue()
  })

  for (const [misbehaves, reason] of [
    ['adds-a-name', /names are not spiffe/],
    ['another-key', /another key/],
    ['is-an-authority', /another key|authority/],
    ['lives-too-long', /longer than was asked/],
  ] as const) {
    test(`a certificate that ${misbehaves.replaceAll('-', ' ')} is not given out`, async () => {
      server.misbehaves = misbehaves
      const before = ca.authority.issuances(1)[0]?.serialNumber
      await assert.rejects(issue(), (thrown: Error) => {
        assert.equal(errorFrom(thrown).code, 'CA_ISSUER_REFUSED')
        const texts: string[] = []
        for (let at: unknown = thrown; at instanceof Error; at = at.cause) texts.push(at.message)
        assert.match(texts.join('\n'), reason)
        return true
      })
      assert.equal(ca.authority.issuances(1)[0]?.serialNumber, before, 'nor put on record')
      server.misbehaves = 'not'
      await issue()
    })
  }

  test('what its role refuses is an error of ours, and what it signs verbatim is looked at before', async () => {
    const verbatim = { sign: 'verbatim', authentication: tokenIn(folder) } as const
    const { vault } = settingsFor(server.address, folder, verbatim).issuer
    const { role: _role, serverRole: _serverRole, ...rest } = vault ?? assert.fail()
    const other = await startRig({ settings: { issuer: { kind: 'vault', vault: rest } } })
    const signed = server.calls.filter(call => call.includes('sign-verbatim')).length
    const peer = certifiedPeer([uri], other.clock.now() + 1e10)
    for (const csr of [
      await greedyCsr(await newKeys()),
      await modestCsr(await newKeys(), 'spiffe://cluster.local/ns/photo/sa/other'),
    ]) {
      await assert.rejects(other.call({ csr, peer }), { code: 'CA_CSR_INVALID' })
    }
    assert.equal(server.calls.filter(call => call.includes('sign-verbatim')).length, signed)
    await other.close()
  })

  test('without it the first start fails with the reason, and a later one goes on with what was trusted', async () => {
    server.isSealed = true
    await assert.rejects(startRig({ settings: settingsFor(server.address, folder) }), {
      code: 'CA_ISSUER_UNAVAILABLE',
      message: /sealed/,
    })
    const { certificateChainPem } = await ca.authority.issueServerCertificate()
    const bundle = ca.authority.trustBundlePem()
    await ca.restart()
    const again = await ca.authority.issueServerCertificate()
    assert.equal(again.certificateChainPem, certificateChainPem)
    assert.equal(ca.authority.trustBundlePem(), bundle)
    await assert.rejects(issue(), { code: 'CA_ISSUER_UNAVAILABLE' })
    server.isSealed = false
    await issue()
    const renewed = Promise.withResolvers<unknown>()
    ca.authority.onServerCertificate(renewed.resolve)
    ca.clock.advance(60_000)
    await renewed.promise
  })
})

const tokenIn = (folder: SettingsFolder): VaultSettings['authentication'] => ({
  kind: 'token',
  tokenFile: folder.write('token', rootToken),
})
