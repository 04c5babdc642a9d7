import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import type { AuthorityStatus } from '../../src/admin/rotation-view.ts'
import { p256 } from '../../src/ca/testing/openssl.ts'
import { opensslSigner } from '../../src/ca/testing/signers.ts'
import { openTls } from '../support/mesh-clients.ts'
import { runCommand, temporaryFolder, until } from '../support/processes.ts'
import { startRevocationScene, tcpPort, webPort } from '../support/revocation-scene.ts'

test('the first revocation in the middle of a rotation keeps out whom it names, whichever root they are of', async t => {
  const places = { server: '127.0.44.3', client: '127.0.44.4' }
  const { mesh, certificate, revoke, request } = await startRevocationScene(t, places)
  const { data } = mesh.daemon
  const [old, oldSibling] = [await certificate('a'), await certificate('a')]
  const ca = async (...words: readonly string[]): Promise<string> =>
    (await runCommand(t, 'ca', ...words, '--data', data, '-o', 'json')).stdout
  await ca('rotate', '--window', '1h')
  await until(async () => {
    const { trustGeneration, agents } = JSON.parse(await ca('status')) as AuthorityStatus
    return trustGeneration === 2 && agents.withNewestTrust === 1
  }, 15_000)
  // These clients have no agent that could say that they have the new root.
  await ca('rotate', '--force')
  await until(async () => /"step":"switched"/.test(await ca('status')), 15_000)
  const [fresh, freshSibling] = [await certificate('a'), await certificate('a')]
  const all = [old, oldSibling, fresh, freshSibling]
  const answers = (): Promise<number[]> => Promise.all(all.map(one => request(one)))
  assert.deepEqual(await answers(), [200, 200, 200, 200])

  const first = await revoke('--serial', old.serialNumber)
  assert.deepEqual([first.code, first.paths], [0, [{ path: 'crl+rbac', proxies: 1, reason: '' }]])
  assert.deepEqual(await answers(), [0, 200, 200, 200])

  const second = await revoke('--serial', fresh.serialNumber)
  assert.deepEqual([second.code, second.isEnforced], [0, true])
  assert.deepEqual(await answers(), [0, 200, 0, 200])

  // Whoever is of the old root alone is gone with it; lists go with their roots.
  await ca('rotate', '--force')
  await until(async () => /"step":"done"/.test(await ca('status')), 15_000)
  await until(async () => (await request(oldSibling)) === 0, 10_000)
  assert.deepEqual(await answers(), [0, 0, 0, 200])
})

test('where other trust domains are admitted, whose lists nobody here has, filters alone enforce and the command says so', async t => {
  const places = { server: '127.0.44.5', client: '127.0.44.6' }
  const rootsFile = path.join(temporaryFolder(t), 'elsewhere.pem')
  writeFileSync(rootsFile, opensslSigner(p256, '/O=elsewhere').certificatePem)
  const { certificate, revoke, request, talk } = await startRevocationScene(t, places, undefined, {
    caConfig: `federation: { trustDomains: [{ trustDomain: elsewhere, rootsFile: ${rootsFile} }] }\n`,
  })
  const [a, sibling] = [await certificate('a'), await certificate('a')]
  const open = await openTls(a, { host: places.server, port: webPort })
  const talking = await openTls(a, { host: places.server, port: tcpPort })
  assert.deepEqual([await open.get(), await talking.say('hello')], [200, 'HELLO'])

  const report = await revoke('--serial', a.serialNumber)

  assert.deepEqual(report.paths, [
    { path: 'rbac', proxies: 1, reason: 'no revocation lists of the trust domain elsewhere' },
  ])
  assert.equal(report.code, 0)
  assert.deepEqual([await open.get(), await talking.say('again')], [403, ''])
  assert.deepEqual([await request(a), await request(sibling)], [403, 200])
  assert.deepEqual([await talk(a), await talk(sibling)], ['', 'HELLO'])
  open.end()
})
