/** A provider that hears requests for its keys and does not answer: who waits for it, and who does not. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { errorFrom } from '../../../platform/errors.ts'
import type { CallersSettings } from '../../settings/callers.ts'
import { type IdentityProvider, startIdentityProvider } from '../../testing/identity-provider.ts'
import { newCsr } from '../../testing/requests.ts'
import { certifiedPeer, startRig } from '../../testing/rig.ts'
import { mostAtOnce } from './oidc-token.ts'

interface Providers {
  readonly slow: IdentityProvider
  readonly quick: IdentityProvider
  readonly oidc: NonNullable<CallersSettings['oidc']>
}

async function startProviders(t: TestContext): Promise<Providers> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'meshwright-oidc-'))
  const [slow, quick] = [await startIdentityProvider(), await startIdentityProvider()]
  t.after(async () => {
    await Promise.all([slow.stop(), quick.stop()])
    rmSync(folder, { recursive: true })
  })
  const oidc = [slow, quick].map(({ issuer, rootPem }, i) => {
    const rootsFile = path.join(folder, `root-${i}.pem`)
    writeFileSync(rootsFile, rootPem)
    return { issuer, audiences: ['istio-ca'], rootsFile }
  })
  return { slow, quick, oidc }
}

test('a slow provider holds no place of the admission and no token of another provider, and its own waiters are bounded', async t => {
  const { slow, quick, oidc } = await startProviders(t)
  const callers = { oidc, fetch: { allow: ['127.0.0.0/8', '::1/128'] } }
  const rig = await startRig({ settings: { callers: callers } })
  t.after(() => rig.close())
  const csr = await newCsr()
  const [slowToken, quickToken] = [await slow.token(), await quick.token()]
  const stalled = slow.stall()
  const waiting = Array.from({ length: mostAtOnce }, () => rig.call({ csr, token: slowToken }))
  let settled = 0
  for (const one of waiting) one.finally(() => (settled += 1)).catch(() => undefined)

  await assert.rejects(
    rig.call({ csr, token: slowToken }),
    thrown => errorFrom(thrown).code === 'CA_CALLER_UNVERIFIABLE',
  )
  const metrics = rig.authority.metrics()
  assert.deepEqual([metrics.meshwright_ca_requests_waiting, metrics.meshwright_ca_requests_running], [0, 0])
  const uri = 'spiffe://cluster.local/ns/photo/sa/web'
  assert.ok(await rig.call({ csr, peer: certifiedPeer([uri], rig.clock.now() + 3_600_000) }))
  assert.ok(await rig.call({ csr, token: quickToken }))
  assert.equal(settled, 0)
  assert.equal(slow.keyRequests, 1, 'one request for all who wait')

  stalled.go()
  const chains = await Promise.all(waiting)
  assert.equal(chains.length, mostAtOnce)
  assert.ok(await rig.call({ csr, token: slowToken }), 'the places are free again')
})
