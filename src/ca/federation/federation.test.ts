import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { createTestAuthority, type TestAuthority } from '../../grpc/testing/test-authority.ts'
import { FakeClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import type { FederationSettings } from '../settings/federation.ts'
import { startRig } from '../testing/rig.ts'
import type { TrustState } from '../trust/trust-state.ts'
import { createTrustStore, type OwnedTrustStore } from '../trust/trust-store.ts'
import { createFederation, type Federation } from './federation.ts'
import { rootCertificatesIn } from './root-certificates.ts'
import { formatSpiffeBundle } from './spiffe-bundle.ts'

const [one, two, web] = (await Promise.all(['One', 'Two', 'Web'].map(createTestAuthority))) as [
  TestAuthority,
  TestAuthority,
  TestAuthority,
]

interface Rig {
  readonly trust: OwnedTrustStore
  readonly clock: FakeClock
  readonly federation: Federation
  federatedNow(): TrustState['federated']
}

async function startFederation(t: TestContext, settings: FederationSettings, before?: OwnedTrustStore): Promise<Rig> {
  const saves: TrustState[] = []
  const trust =
    before ??
    createTrustStore({
      records: { trust: () => saves.at(-1), saveTrust: async state => void saves.push(state) },
      log: silentLog,
    })
  if (before === undefined) await trust.open(() => [{ fingerprint: 'own', pem: 'own' }])
  const clock = new FakeClock()
  const options = { settings, trustDomain: 'own.example', trust, clock, random: () => 0.5, log: silentLog }
  const federation = createFederation(options)
  await federation.start()
  t.after(() => federation.stop())
  return { trust, clock, federation, federatedNow: () => trust.current().federated }
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'meshwright-federation-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

/** What happens in sockets and files has no clock of ours: turns of the event loop, a few seconds at most. */
async function until(done: () => boolean, what = done.toString()): Promise<void> {
  const end = Date.now() + 5_000
  while (!done()) {
    if (Date.now() > end) throw new Error(`not within 5 s: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

const bundle = (trustDomain: string, pem: string) => ({ trustDomain, rootsPem: rootCertificatesIn(pem) })

test('roots from a file are in the trust, follow the file, and outlive a broken one', async t => {
  const file = path.join(temporaryFolder(t), 'roots.pem')
  writeFileSync(file, one.rootPem)
  const rig = await startFederation(t, { trustDomains: [{ trustDomain: 'other.example', rootsFile: file }] })
  await until(() => rig.federatedNow().length === 1)
  assert.deepEqual(rig.federatedNow(), [bundle('other.example', one.rootPem)])

  writeFileSync(`${file}.new`, one.rootPem + two.rootPem)
  renameSync(`${file}.new`, file)
  rig.clock.advance(2_000)
  const both = bundle('other.example', one.rootPem + two.rootPem)
  await until(() => rig.federatedNow()[0]?.rootsPem === both.rootsPem)

  writeFileSync(file, 'rubbish')
  rig.clock.advance(2_000)
  assert.deepEqual(rig.federatedNow(), [both])
  const [status] = rig.federation.status()
  assert.equal(status?.failures, 1)
  assert.match(status?.fault ?? '', /no certificate/)
})

test('a trust domain that the settings no longer name is out of the trust at the next start', async t => {
  const file = path.join(temporaryFolder(t), 'roots.pem')
  writeFileSync(file, one.rootPem)
  const named = (trustDomain: string) => ({ trustDomain, rootsFile: file })
  const rig = await startFederation(t, { trustDomains: [named('a.example'), named('b.example')] })
  await until(() => rig.federatedNow().length === 2)
  rig.federation.stop()
  rmSync(file)
  const after = await startFederation(t, { trustDomains: [named('b.example')] }, rig.trust)
  assert.deepEqual(after.federatedNow(), [bundle('b.example', one.rootPem)], 'and the other stays without its file')
  writeFileSync(file, one.rootPem)
})

interface Endpoint {
  readonly url: string
  answer: { status: number; body: string }
  asked: number
}

async function startEndpoint(
  t: TestContext,
  authority: TestAuthority,
  names: { readonly ips?: readonly string[]; readonly uris?: readonly string[] },
): Promise<Endpoint> {
  const { certPem: cert, keyPem: key } = await authority.leaf(names)
  const endpoint = { url: '', answer: { status: 200, body: '' }, asked: 0 }
  const server = https.createServer({ cert, key }, (_request, response) => {
    endpoint.asked += 1
    response.writeHead(endpoint.answer.status)
    response.end(endpoint.answer.body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.45.9', resolve))
  t.after(() => server.close())
  endpoint.url = `https://127.0.45.9:${(server.address() as AddressInfo).port}/bundle`
  return endpoint
}

const loopback = { allowAddresses: ['127.0.45.9/32'] }

test('an endpoint that proves its id by the roots of its own trust domain is polled, also when those roots change', async t => {
  const spiffeId = 'spiffe://other.example/control/plane'
  const endpoint = await startEndpoint(t, one, { uris: [spiffeId] })
  const bootstrapFile = path.join(temporaryFolder(t), 'bootstrap.pem')
  writeFileSync(bootstrapFile, one.rootPem)
  endpoint.answer.body = formatSpiffeBundle([one.rootPem], 1)
  const rig = await startFederation(t, {
    ...loopback,
    trustDomains: [
      {
        trustDomain: 'other.example',
        bundleEndpoint: { url: endpoint.url, profile: 'https_spiffe', spiffeId, bootstrapFile },
      },
    ],
  })
  await until(() => rig.federatedNow().length === 1)
  rmSync(bootstrapFile)

  endpoint.answer.body = formatSpiffeBundle([one.rootPem, two.rootPem], 2)
  rig.clock.advance(299_000)
  assert.equal(endpoint.asked, 1, 'no sooner than it asks for')
  rig.clock.advance(1_000)
  const both = bundle('other.example', one.rootPem + two.rootPem)
  await until(() => rig.federatedNow()[0]?.rootsPem === both.rootsPem)

  // From a replica that lags behind; and then from one that has begun anew.
  endpoint.answer.body = formatSpiffeBundle([one.rootPem], 1)
  const goods = (): number | undefined => rig.federation.status()[0]?.lastGoodMs
  const poll = async (): Promise<void> => {
    const before = goods()
    rig.clock.advance(300_000)
    await until(() => goods() !== before)
  }
  await poll()
  assert.deepEqual(rig.federatedNow(), [both])
  await poll()
  await until(() => rig.federatedNow()[0]?.rootsPem === bundle('', one.rootPem).rootsPem)
})

test('what an endpoint answers wrongly, or another server in its place, changes nothing', async t => {
  const spiffeId = 'spiffe://other.example/control/plane'
  const folder = temporaryFolder(t)
  const bootstrapFile = path.join(folder, 'bootstrap.pem')
  writeFileSync(bootstrapFile, one.rootPem)
  const endpoints = {
    impostor: await startEndpoint(t, two, { uris: [spiffeId] }),
    misnamed: await startEndpoint(t, one, { uris: ['spiffe://other.example/somebody/else'] }),
    broken: await startEndpoint(t, one, { uris: [spiffeId] }),
    failing: await startEndpoint(t, one, { uris: [spiffeId] }),
  }
  for (const endpoint of Object.values(endpoints)) endpoint.answer.body = formatSpiffeBundle([one.rootPem], 1)
  endpoints.broken.answer.body = '{"keys":[]}'
  endpoints.failing.answer.status = 500
  const trustDomain = 'other.example'
  for (const [name, { url }] of Object.entries(endpoints)) {
    const bundleEndpoint = { url, profile: 'https_spiffe', spiffeId, bootstrapFile } as const
    const rig = await startFederation(t, { ...loopback, trustDomains: [{ trustDomain, bundleEndpoint }] })
    await until(() => rig.federation.status()[0]?.failures === 1, name)
    assert.deepEqual(rig.federatedNow(), [], name)
    rig.clock.advance(2_000)
    await until(() => rig.federation.status()[0]?.failures === 2, `${name} again`)
  }
})

// CVE-2026-41413: the control plane fetches internal addresses.
test('an endpoint on this machine is not asked unless the settings allow it, and one by host name is checked by its roots', async t => {
  const endpoint = await startEndpoint(t, web, { ips: ['127.0.45.9'] })
  endpoint.answer.body = formatSpiffeBundle([one.rootPem], 1)
  const rootsFile = path.join(temporaryFolder(t), 'web.pem')
  writeFileSync(rootsFile, web.rootPem)
  const trustDomains = [
    { trustDomain: 'other.example', bundleEndpoint: { url: endpoint.url, profile: 'https_web' as const, rootsFile } },
  ]
  const guarded = await startFederation(t, { trustDomains })
  await until(() => guarded.federation.status()[0]?.failures === 1)
  assert.match(guarded.federation.status()[0]?.fault ?? '', /loopback/)
  assert.equal(endpoint.asked, 0)

  const allowed = await startFederation(t, { ...loopback, trustDomains })
  await until(() => allowed.federatedNow().length === 1)
})

test('settings that cannot work are refused with the field at fault', async t => {
  const rootsFile = '/roots.pem'
  const endpoint = { url: 'https://a.example', profile: 'https_spiffe' as const, bootstrapFile: rootsFile }
  const domain = (rest: object) => ({ trustDomains: [{ trustDomain: 'other.example', ...rest }] })
  const cases: readonly (readonly [FederationSettings, RegExp])[] = [
    [
      { trustDomains: [{ trustDomain: 'own.example', rootsFile }] },
      /trustDomains\[0\]\.trustDomain: it is the mesh's own/,
    ],
    [{ trustDomains: [{ trustDomain: 'Other', rootsFile }] }, /"Other" is none/],
    [{ trustDomains: [{ trustDomain: 'cluster.local', rootsFile }] }, /in policies cluster.local means/],
    [{ trustDomains: ['a', 'a'].map(trustDomain => ({ trustDomain, rootsFile })) }, /trustDomains\[1\].*twice/],
    [domain({}), /either rootsFile or bundleEndpoint/],
    [domain({ rootsFile, bundleEndpoint: endpoint }), /either rootsFile or bundleEndpoint/],
    [domain({ bundleEndpoint: { ...endpoint, url: 'http://a.example' } }), /https URL/],
    [domain({ bundleEndpoint: endpoint }), /spiffeId/],
    [domain({ bundleEndpoint: { ...endpoint, spiffeId: 'spiffe://third.example/x' } }), /spiffeId/],
    [domain({ bundleEndpoint: { url: endpoint.url, profile: 'https_spiffe' } }), /bootstrapFile/],
    [domain({ bundleEndpoint: { ...endpoint, profile: 'https_web' } }), /https_spiffe/],
    [{ allowAddresses: ['10.0.0.0/40'] }, /allowAddresses/],
  ]
  for (const [settings, reason] of cases) {
    await assert.rejects(startFederation(t, settings), { code: 'CA_SETTINGS_INVALID', message: reason })
  }
})

test('a rotation of the root waits until other meshes have had the time to fetch the new one', async t => {
  const trustDomains = [{ trustDomain: 'other.example', rootsFile: path.join(temporaryFolder(t), 'none.pem') }]
  const rig = await startRig({ settings: { federation: { trustDomains } } })
  t.after(() => rig.close())
  const step = (): string | undefined => rig.authority.rotation.status()?.rotation.step
  const { progress } = await rig.authority.rotation.begin({ windowMs: 0 })
  assert.deepEqual(
    progress?.laggards.map(({ identity }) => identity),
    ['other trust domains'],
  )
  for (let waitedMs = 0; waitedMs < 590_000; waitedMs += 10_000) {
    rig.clock.advance(10_000)
    await new Promise(setImmediate)
  }
  assert.equal(step(), 'prepared')
  await until(() => {
    rig.clock.advance(1_000)
    return step() !== 'prepared'
  })
})
