import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { createTestAuthority, type TestAuthority } from '../../grpc/testing/test-authority.ts'
import { FakeClock } from '../../platform/clock.ts'
import { type Log, silentLog } from '../../platform/log.ts'
import { createAgentMetrics } from '../metrics.ts'
import { createMountedIdentity } from './mounted-identity.ts'

const authority = await createTestAuthority('Mesh')
const web = { uris: ['spiffe://cluster.local/ns/photo/sa/web'] }

function rig(t: TestContext, log: Log = silentLog) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'meshwright-mounted-'))
  const clock = new FakeClock(Math.floor(Date.now() / 1000) * 1000)
  const metrics = createAgentMetrics(() => clock.now())
  const identity = createMountedIdentity({ directory, clock, log, metrics })
  t.after(() => {
    identity.stop()
    rmSync(directory, { recursive: true })
  })
  const write = (name: string, text: string): void => writeFileSync(path.join(directory, name), text)
  const issue = async (names = web, from: TestAuthority = authority): Promise<{ certPem: string; keyPem: string }> => {
    const leaf = await from.leaf(names)
    write('root-cert.pem', from.rootPem)
    write('key.pem', leaf.keyPem)
    write('cert-chain.pem', leaf.certPem)
    return leaf
  }
  return { identity, clock, write, issue }
}

const never = new AbortController().signal

test('the certificate in the files is the identity, also when they come only later', async t => {
  const { identity, clock, issue } = rig(t)
  const started = identity.start(never)
  const { certPem, keyPem } = await issue()
  clock.advance(5_000)
  const certificate = await started
  assert.equal(certificate.spiffeId.uri, web.uris[0])
  assert.deepEqual([certificate.chainPem, certificate.keyPem], [certPem, keyPem])
  assert.equal(certificate.rootsPem, authority.rootPem)
})

test('new files are taken over once they belong together, and nobody is told twice', async t => {
  const { identity, clock, issue, write } = rig(t)
  await issue()
  const first = await identity.start(never)
  const told: string[] = []
  identity.onRenewed(({ serialNumber }) => told.push(serialNumber))
  const next = await authority.leaf(web)
  write('key.pem', next.keyPem)
  clock.advance(2_000)
  assert.equal(identity.current, first, 'a key of another certificate changes nothing')
  write('cert-chain.pem', next.certPem)
  clock.advance(2_000)
  assert.equal(identity.current?.chainPem, next.certPem)
  clock.advance(10_000)
  assert.deepEqual(told, [identity.current.serialNumber])
})

test('files for another identity, or by an authority that the roots do not hold, are not taken over', async t => {
  const { identity, clock, issue, write } = rig(t)
  await issue()
  const first = await identity.start(never)
  await issue({ uris: ['spiffe://cluster.local/ns/photo/sa/other'] })
  clock.advance(2_000)
  assert.equal(identity.current, first)
  const foreign = await (await createTestAuthority('Other')).leaf(web)
  write('key.pem', foreign.keyPem)
  write('cert-chain.pem', foreign.certPem)
  clock.advance(2_000)
  assert.equal(identity.current, first)
})

test('renewing is a look at the files, and fails with the reason when they are as before', async t => {
  const { identity, issue } = rig(t)
  await issue()
  const first = await identity.start(never)
  await assert.rejects(identity.renew(), { code: 'AGENT_CERTIFICATE_MOUNTED' })
  await issue()
  await identity.renew()
  assert.notEqual(identity.current?.serialNumber, first.serialNumber)
})

test('a stop while it waits for files ends the wait', async t => {
  const { identity, clock, issue } = rig(t)
  const stopping = new AbortController()
  const started = identity.start(stopping.signal)
  stopping.abort(new Error('stopping'))
  await assert.rejects(started, /stopping/)
  await issue()
  clock.advance(60_000)
  assert.equal(identity.current, undefined)
})

test('a certificate that begins later by this clock is said with both times, waited for at the start, and taken over in its time', async t => {
  const reasons: string[] = []
  const warn = (facts: object): void => void reasons.push(String((facts as { reason?: string }).reason))
  const { identity, clock, issue } = rig(t, { ...silentLog, warn } as Log)
  const hourMs = 3_600_000
  clock.jump(-hourMs)
  await issue()
  const started = identity.start(never)
  assert.match(reasons.at(-1) ?? '', /not valid before \S+, and this clock says \S+Z$/)
  assert.equal(identity.current?.serialNumber, undefined)
  clock.jump(hourMs)
  clock.advance(5_000)
  const first = await started
  clock.jump(-hourMs)
  const next = await issue()
  clock.advance(5_000)
  assert.equal(identity.current?.serialNumber, first.serialNumber)
  assert.match(reasons.at(-1) ?? '', /not valid before/)
  clock.jump(hourMs)
  clock.advance(5_000)
  assert.equal(identity.current?.chainPem, next.certPem)
})
