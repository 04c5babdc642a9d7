import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { FakeClock } from '../../../platform/clock.ts'
import { silentLog } from '../../../platform/log.ts'
import type { AgentStatus } from '../../agents/agents.ts'
import { cryptographyHere } from '../../cryptography/cryptography.ts'
import type { CurrentLeaf } from '../../rotation/rotation-records.ts'
import { openSecretSealer } from '../../sealed-secrets.ts'
import { type ForeignAuthority, foreignAuthority, foreignCrl } from '../../testing/foreign-authority.ts'
import { opensslCrlText } from '../../testing/openssl.ts'
import { newCsr } from '../../testing/requests.ts'
import { certifiedPeer, startRig } from '../../testing/rig.ts'
import type { TrustState } from '../../trust/trust-state.ts'
import { createTrustStore } from '../../trust/trust-store.ts'
import { createRootSuccession, type RootSuccession } from '../root-succession.ts'
import type { SigningMode } from '../signing-mode.ts'
import { createPlugInMode } from './plug-in-mode.ts'

type Files = Readonly<Record<string, string>>

interface TestAgent {
  readonly generation: number
  readonly root: string
  /** Of its stream; 1 when absent. */
  readonly id?: number
}

interface Rig {
  readonly directory: string
  readonly clock: FakeClock
  readonly trusted: () => readonly string[]
  readonly mode: SigningMode
  readonly renewals: string[]
  agents: TestAgent[]
  leaves: Partial<CurrentLeaf>[]
  put(files: Files): void
  /** Lets notices, polls and what they lead to happen. */
  turn(ms: number): Promise<void>
  restart(): Promise<void>
}

async function startMode(t: TestContext, files: Files): Promise<Rig> {
  const [directory, dataDirectory] = [newFolder(t), newFolder(t)]
  const clock = new FakeClock(Math.floor(Date.now() / 1000) * 1000)
  const sealer = openSecretSealer(dataDirectory, 'first-start')
  let kept: TrustState | undefined
  const trust = createTrustStore({
    records: {
      trust: () => kept,
      saveTrust: async state => {
        kept = state
      },
    },
    log: silentLog,
  })
  let mode: SigningMode
  let succession: RootSuccession | undefined
  let serverIssuer = ''
  const renewals: string[] = []
  const open = async (): Promise<void> => {
    mode = createPlugInMode({
      directory,
      dataDirectory,
      sealer,
      ownRoot: undefined,
      cryptography: cryptographyHere,
      clock,
      log: silentLog,
    })
    await mode.open(kept?.roots ?? [])
    await trust.open(() => mode.roots())
    serverIssuer = mode.signerInUse()
    succession = createRootSuccession({
      trust,
      agents: {
        status: () => rig.agents.map(statusOf),
        orderRenewal({ rootFingerprint }, which) {
          for (const agent of rig.agents.map(statusOf)) if (which(agent)) renewals.push(rootFingerprint)
          return 0
        },
      },
      records: {
        currentLeaves: () => rig.leaves.map(leaf => ({ notAfterMs: clock.now(), ...leaf }) as CurrentLeaf),
        lastIssuanceNumber: () => Math.max(0, ...rig.leaves.map(leaf => leaf.number ?? 0)),
      },
      renewServerCertificate: async () => {
        serverIssuer = mode.signerInUse()
      },
      serverIssuer: () => serverIssuer,
      renewalWindowMs: 3_600_000,
      clock,
      log: silentLog,
    })
    mode.start(succession)
  }
  const close = (): void => {
    mode.stop()
    succession?.stop()
  }
  t.after(() => close())
  const rig: Rig = {
    directory,
    clock,
    agents: [],
    leaves: [],
    renewals,
    trusted: () => trust.current().roots.map(root => root.fingerprint),
    get mode() {
      return mode
    },
    put(put) {
      for (const [name, content] of Object.entries(put)) replace(path.join(directory, name), content)
    },
    async turn(ms) {
      for (let passed = 0; passed < ms; passed += 500) {
        clock.advance(500)
        for (let i = 0; i < 3; i += 1) await new Promise(setImmediate)
      }
    },
    async restart() {
      close()
      await open()
    },
  }
  rig.put(files)
  await open()
  return rig
}

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'meshwright-plug-in-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** As those do it who replace files under a reader. */
function replace(file: string, content: string): void {
  writeFileSync(`${file}.new`, content)
  renameSync(`${file}.new`, file)
}

function statusOf({ generation, root, id = 1 }: TestAgent): AgentStatus {
  const certificate = { serialNumber: 'AA', notAfterMs: 0, rootFingerprint: root, keyFingerprint: '' }
  const report = { nodeId: '', instanceId: '', appliedTrustGeneration: generation, certificate } as const
  const status = { id, identity: '', address: '', connectionSerialNumber: 'AA', connectedAtMs: 0, reportedAtMs: 0 }
  const nothing = { checkpoint: undefined, logComplaint: undefined, kept: undefined, recalled: undefined }
  return { ...status, report: { ...report, ...nothing, fault: '', version: '' } }
}

const fingerprint = ({ certPem }: { readonly certPem: string }): string =>
  new X509Certificate(certPem).fingerprint256.replaceAll(':', '').toLowerCase()

interface Pki {
  readonly root: ForeignAuthority
  readonly signer: ForeignAuthority
  readonly files: Files
}

async function pki(name: string, under?: ForeignAuthority): Promise<Pki> {
  const root = under ?? (await foreignAuthority(`${name} root`))
  const signer = await foreignAuthority(name, { by: root })
  return { root, signer, files: filesOf(signer, root) }
}

function filesOf(signer: ForeignAuthority, root: ForeignAuthority, chain = signer.certPem): Files {
  const [certificate, key] = [signer.certPem, signer.keyPem]
  return { 'ca-cert.pem': certificate, 'ca-key.pem': key, 'cert-chain.pem': chain, 'root-cert.pem': root.certPem }
}

test('a new signer of the same root signs as soon as its set is whole', async t => {
  const old = await pki('old')
  const next = await pki('next', old.root)
  const rig = await startMode(t, old.files)
  assert.equal(rig.mode.signerInUse(), fingerprint(old.signer))
  rig.put({ 'ca-cert.pem': next.signer.certPem })
  await rig.turn(3000)
  assert.equal(rig.mode.signerInUse(), fingerprint(old.signer), 'a certificate without its key')
  rig.put(next.files)
  await rig.turn(3000)
  assert.equal(rig.mode.signerInUse(), fingerprint(next.signer))
  assert.deepEqual(rig.trusted(), [fingerprint(old.root)])
})

test('a folder whose link is turned, as in a mounted Secret, is taken over', async t => {
  const old = await pki('old')
  const next = await pki('next', old.root)
  const rig = await startMode(t, old.files)
  for (const [name, { files }] of Object.entries({ one: old, two: next })) {
    mkdirSync(path.join(rig.directory, name))
    for (const [file, content] of Object.entries(files)) writeFileSync(path.join(rig.directory, name, file), content)
  }
  symlinkSync('one', path.join(rig.directory, '..data'))
  for (const file of Object.keys(old.files)) {
    symlinkSync(path.join('..data', file), path.join(rig.directory, `${file}.link`))
    renameSync(path.join(rig.directory, `${file}.link`), path.join(rig.directory, file))
  }
  await rig.turn(3000)
  assert.equal(rig.mode.signerInUse(), fingerprint(old.signer))
  symlinkSync('two', path.join(rig.directory, '..new'))
  renameSync(path.join(rig.directory, '..new'), path.join(rig.directory, '..data'))
  await rig.turn(3000)
  assert.equal(rig.mode.signerInUse(), fingerprint(next.signer))
})

test('a new root goes into the trust first, signs when every agent has it, and the old one goes with its last leaf', async t => {
  const [old, next] = [await pki('old'), await pki('next')]
  const rig = await startMode(t, old.files)
  rig.agents = [{ generation: 1, root: fingerprint(old.root) }]
  rig.leaves = [{ number: 1, serialNumber: 'AA', issuerFingerprint: fingerprint(old.signer) }]
  rig.put(next.files)
  await rig.turn(60_000)
  assert.deepEqual(rig.trusted(), [fingerprint(old.root), fingerprint(next.root)])
  assert.equal(rig.mode.signerInUse(), fingerprint(old.signer), 'an agent does not trust the new root yet')

  rig.agents = [{ generation: 2, root: fingerprint(old.root) }]
  await rig.turn(1000)
  assert.equal(rig.mode.signerInUse(), fingerprint(old.signer), 'its Envoy may need a moment')
  await rig.turn(5000)
  assert.equal(rig.mode.signerInUse(), fingerprint(next.signer))
  assert.deepEqual(rig.renewals, [fingerprint(old.root)])
  await rig.turn(60_000)
  assert.equal(rig.trusted().length, 2, 'a leaf still leads to the old root')

  rig.leaves = [{ number: 2, serialNumber: 'AA', issuerFingerprint: fingerprint(next.signer) }]
  await rig.turn(30_000)
  assert.equal(rig.trusted().length, 2, 'the agent still uses a leaf of the old root')
  rig.agents = [{ generation: 2, root: fingerprint(next.root) }]
  await rig.turn(30_000)
  assert.deepEqual(rig.trusted(), [fingerprint(next.root)])
})

test('an agent that comes back after the switch with a leaf of the old root is told to renew too, once', async t => {
  const [old, next] = [await pki('old'), await pki('next')]
  const rig = await startMode(t, old.files)
  rig.leaves = [{ number: 1, serialNumber: 'AA', issuerFingerprint: fingerprint(old.signer) }]
  rig.agents = [{ generation: 1, root: fingerprint(old.root) }]
  rig.put(next.files)
  await rig.turn(3000)
  rig.agents = [{ generation: 2, root: fingerprint(old.root) }]
  await rig.turn(5000)
  assert.equal(rig.mode.signerInUse(), fingerprint(next.signer))
  rig.agents = [{ generation: 2, root: fingerprint(old.root), id: 2 }]
  await rig.turn(60_000)
  assert.deepEqual(rig.renewals, [fingerprint(old.root), fingerprint(old.root)])
  await rig.restart()
  await rig.turn(60_000)
  assert.equal(rig.renewals.length, 3, 'the next run of the daemon tells it again')
})

test('a holder without an agent counts for the new root when it renews', async t => {
  const [old, next] = [await pki('old'), await pki('next')]
  const rig = await startMode(t, old.files)
  rig.leaves = [{ number: 7, serialNumber: 'BB', issuerFingerprint: fingerprint(old.signer) }]
  rig.put(next.files)
  await rig.turn(60_000)
  assert.equal(rig.mode.signerInUse(), fingerprint(old.signer))
  rig.leaves = [{ number: 8, serialNumber: 'CC', issuerFingerprint: fingerprint(old.signer) }]
  await rig.turn(5000)
  assert.equal(rig.mode.signerInUse(), fingerprint(next.signer))
})

test('a root that was added to the file alone is trusted, and one that was taken out goes when nothing leads to it', async t => {
  const [old, other] = [await pki('old'), await pki('other')]
  const rig = await startMode(t, old.files)
  rig.put({ 'root-cert.pem': old.root.certPem + other.root.certPem })
  await rig.turn(3000)
  assert.deepEqual(rig.trusted(), [fingerprint(old.root), fingerprint(other.root)])
  rig.put({ 'root-cert.pem': old.root.certPem })
  await rig.turn(30_000)
  assert.deepEqual(rig.trusted(), [fingerprint(old.root)])
})

test('files with another root, put there while the daemon was down, wait for agents to come back', async t => {
  const [old, next] = [await pki('old'), await pki('next')]
  const rig = await startMode(t, old.files)
  rig.leaves = [{ number: 1, serialNumber: 'AA', issuerFingerprint: fingerprint(old.signer) }]
  rig.put(next.files)
  await rig.restart()
  assert.equal(rig.mode.signerInUse(), fingerprint(old.signer))
  await rig.turn(10_000)
  assert.equal(rig.mode.signerInUse(), fingerprint(old.signer), 'nobody was there to be told')
  rig.agents = [{ generation: 2, root: fingerprint(old.root) }]
  await rig.turn(40_000)
  assert.equal(rig.mode.signerInUse(), fingerprint(next.signer))
  await rig.restart()
  assert.equal(rig.mode.signerInUse(), fingerprint(next.signer))
})

test('a broken set at a start is refused when nothing signed before, and else what signed goes on', async t => {
  const old = await pki('old')
  const rig = await startMode(t, old.files)
  rig.put({ 'ca-key.pem': 'no key' })
  await rig.restart()
  assert.equal(rig.mode.signerInUse(), fingerprint(old.signer))
  await assert.rejects(
    startMode(t, { 'ca-cert.pem': old.signer.certPem, 'root-cert.pem': old.root.certPem }),
    /is incomplete: ca-key\.pem, cert-chain\.pem missing/,
  )
})

test('each set that does not fit together is refused with its reason', async t => {
  const { root, signer } = await pki('good')
  const other = await pki('other')
  const hourMs = 3_600_000
  const ended = { by: root, notBefore: new Date(Date.now() - 2 * hourMs), notAfter: new Date(Date.now() - hourMs) }
  const short = await foreignAuthority('short path', { by: root, pathLength: 0 })
  const strong = await foreignAuthority('P-521', { algorithm: 'P-521', by: root })
  const cases: readonly (readonly [Files, RegExp])[] = [
    [{ 'ca-key.pem': other.signer.keyPem }, /the key is not that of/],
    [{ 'ca-key.pem': 'x' }, /the key does not parse/],
    [{ 'ca-cert.pem': 'x' }, /no authority's certificate/],
    [{ 'root-cert.pem': other.root.certPem }, /does not lead to a root/],
    [{ 'root-cert.pem': '' }, /file of roots holds no certificate/],
    [{ 'root-cert.pem': signer.certPem }, /not self-signed/],
    [{ 'root-cert.pem': root.certPem.slice(0, 300) }, /cut off or damaged/],
    [
      filesOf(await foreignAuthority('leaf', { by: root, isAuthority: false }), root),
      /no authority \(basicConstraints/,
    ],
    [filesOf(await foreignAuthority('ended', ended), root), /ended at/],
    [
      filesOf(await foreignAuthority('early', { by: root, notBefore: new Date(Date.now() + hourMs) }), root),
      /not valid before/,
    ],
    [filesOf(await foreignAuthority('below', { by: short }), root, short.certPem), /allows 0 authorities below it/],
    [filesOf(strong, root), /neither P-256 nor P-384/],
    [filesOf(await foreignAuthority('no signing', { by: root, usages: 2 }), root), /may not sign certificates/],
    [{ 'ca-crl.pem': 'x' }, /holds none/],
    [{ 'ca-crl.pem': await foreignCrl(root) }, /missing CRL signed by the certificate "CN=good"/],
    [
      { 'ca-crl.pem': (await foreignCrl(root)) + (await foreignCrl(signer, [], new Date(Date.now() - 1000))) },
      /missing CRL.*out of date/,
    ],
  ]
  for (const [change, reason] of cases) {
    await assert.rejects(startMode(t, { ...filesOf(signer, root), ...change }), (thrown: Error & { code?: string }) => {
      assert.equal(thrown.code, 'CA_CHAIN_INVALID')
      assert.match(thrown.message, reason)
      return true
    })
  }
})

test('an own root gives way to a plug-in one, and no other root is made', async t => {
  const { files, root } = await pki('good')
  const folder = newFolder(t)
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content)
  const settings: { issuer: object } = { issuer: {} }
  const rig = await startRig({ settings })
  t.after(() => rig.close())
  const own = rig.authority.rootFingerprintSha256()
  const peer = certifiedPeer(['spiffe://cluster.local/ns/a/sa/b'], rig.clock.now() + 1e9)
  settings.issuer = { kind: 'plug-in', plugIn: { directory: folder } }
  await rig.restart()
  assert.equal(rig.authority.rootFingerprintSha256(), own, 'whoever trusts the own root can still reach the daemon')
  for (let i = 0; i < 50 && rig.authority.rootFingerprintSha256() === own; i += 1) {
    rig.clock.advance(1000)
    await new Promise(setImmediate)
  }
  assert.equal(rig.authority.rootFingerprintSha256(), fingerprint(root))
  assert.equal((await rig.call({ csr: await newCsr(), peer })).length, 3)
  for (let i = 0; i < 50 && rig.authority.trust.current().roots.length > 1; i += 1) {
    rig.clock.advance(1000)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  assert.deepEqual(
    rig.authority.trust.current().roots.map(each => each.fingerprint),
    [fingerprint(root)],
  )
  await assert.rejects(rig.authority.rotation.begin({ windowMs: 0 }), {
    code: 'CA_ROTATION_REFUSED',
    message: /elsewhere/,
  })
  settings.issuer = {}
  await assert.rejects(rig.restart(), { code: 'CA_SETTINGS_INVALID', message: /roots that were not made here/ })
  settings.issuer = { kind: 'plug-in', plugIn: { directory: folder } }
  await rig.restart()
})

test('lists of revoked certificates that come with the set are enforced, with what is revoked here', async t => {
  const { root, signer, files } = await pki('good')
  const folder = newFolder(t)
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content)
  const put = (crls: string): void => replace(path.join(folder, 'ca-crl.pem'), crls)
  put((await foreignCrl(root)) + (await foreignCrl(signer)))
  const rig = await startRig({ settings: { issuer: { kind: 'plug-in', plugIn: { directory: folder } } } })
  t.after(() => rig.close())
  const settled = async (done: () => boolean): Promise<void> => {
    for (let i = 0; i < 100 && !done(); i += 1) {
      rig.clock.advance(1000)
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    assert.ok(done())
  }
  const crls = () => rig.authority.trust.current().crls
  assert.deepEqual(crls(), [], 'nothing is revoked, so no proxy needs a list')

  const peer = certifiedPeer(['spiffe://cluster.local/ns/a/sa/b'], rig.clock.now() + 1e10)
  const [revoked = '', sibling = ''] = [
    await rig.call({ csr: await newCsr(), peer }),
    await rig.call({ csr: await newCsr(), peer }),
  ].map(chain => chain[0])
  put((await foreignCrl(root)) + (await foreignCrl(signer, [new X509Certificate(revoked).serialNumber])))
  await settled(() => crls().length === 2)
  const list = crls().find(crl => crl.issuerFingerprint === fingerprint(signer))?.pem ?? ''
  assert.match(opensslCrlText(list), new RegExp(new X509Certificate(revoked).serialNumber))
  assert.doesNotMatch(opensslCrlText(list), new RegExp(new X509Certificate(sibling).serialNumber))
})
