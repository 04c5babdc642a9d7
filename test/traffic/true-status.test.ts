/** What the daemon says of objects, against real Envoys: one that takes a change, and one that refuses what validation accepts. */

import assert from 'node:assert/strict'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ExplanationView, ObjectStatusView, StaleProxyView } from '../../src/admin/status-view.ts'
import { managementCaller } from '../../src/daemon/testing/management-caller.ts'
import { envoyPath } from '../conformance/static-envoy.ts'
import { call, callingWorkload, servedWorkload, startMesh, type TestMesh } from '../support/mesh.ts'
import { type Ended, runCommand, startDaemon, until } from '../support/processes.ts'

const ip = { one: '127.0.18.1', two: '127.0.18.2', late: '127.0.18.3', whole: '127.0.18.4' }

const answers = (status: number, match: string): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: main, namespace: test }
spec:
  hosts: [main.test.internal]
  http:
    - { match: [{ uri: ${match} }], directResponse: { status: ${status} } }
    - { directResponse: { status: 404 } }
`
/** Valid, short, and too big for an Envoy when it is compiled. */
const monster = "{ regex: '\\p{L}{1000}\\p{L}{1000}\\p{L}{1000}\\p{L}{1000}\\p{L}{1000}' }"

const callers = (...names: readonly (keyof typeof ip)[]): string =>
  names.map(name => callingWorkload(name, ip[name])).join('---')

const statusAt = async (name: keyof typeof ip): Promise<number> =>
  (await call({ host: ip[name], port: 18081, path: '/a', headers: { host: 'main.test.internal' } })).status

interface Commands {
  run(...args: readonly string[]): Promise<Ended>
  status(): Promise<ObjectStatusView>
  stale(): Promise<readonly StaleProxyView[]>
}

function commandsOf(t: TestContext, { daemon }: TestMesh): Commands {
  const run = (...args: readonly string[]): Promise<Ended> => runCommand(t, ...args, '--data', daemon.data)
  return {
    run,
    status: async () =>
      JSON.parse(
        (await run('status', 'VirtualService', 'main', '-n', 'test', '-o', 'json')).stdout,
      ) as ObjectStatusView,
    stale: async () => JSON.parse((await run('get', 'proxies', '--stale', '-o', 'json')).stdout) as StaleProxyView[],
  }
}

test('an object is everywhere when real Envoys have it; what one refuses is traced, and held back by two', async t => {
  const mesh = await startMesh(
    t,
    {
      'service.yaml': servedWorkload('main', '127.0.18.9'),
      'callers.yaml': callers('one', 'two', 'late'),
      'rules.yaml': answers(201, '{ prefix: /a }'),
    },
    [
      { name: 'one', ip: ip.one },
      { name: 'two', ip: ip.two },
    ],
    { serve: ['--quarantine-after', '2'] },
  )
  const { run, status, stale } = commandsOf(t, mesh)
  const waiting = await run('wait', 'VirtualService', 'main', '-n', 'test', '--timeout', '20s')
  assert.equal(waiting.code, 0, waiting.stderr)
  assert.match(waiting.stdout, /^2 proxies have it, waited \d+ ms/)
  assert.deepEqual([await statusAt('one'), await statusAt('two')], [201, 201])
  assert.deepEqual(await stale(), [])
  const list = '/apis/networking.istio.io/v1/namespaces/test/virtualservices'
  const { items } = (await managementCaller(mesh.daemon.data).call('GET', list)).json() as {
    items: { status: { conditions: { type: string; status: string; message: string }[] } }[]
  }
  const distributed = items[0]?.status.conditions.find(({ type }) => type === 'Distributed')
  assert.deepEqual([items.length, distributed?.status], [1, 'True'])
  assert.match(distributed?.message ?? '', /^2 acknowledged, 0 waiting/)

  const why = await run('proxy-config', 'one.test', 'virtual-host', '--why', '-o', 'json')
  const { resources } = (JSON.parse(why.stdout) as Record<string, ExplanationView>)['virtual-hosts'] ?? assert.fail()
  const source = resources.flatMap(one => one.sources).find(({ kind }) => kind === 'VirtualService')
  assert.match(source?.place ?? '', /rules\.yaml:2:1$/)
  assert.ok(source?.fields.some(({ field }) => field === 'spec.http[0].directResponse.status'))

  mesh.put('rules.yaml', answers(202, monster))
  await until(async () => (await status()).quarantined.length > 0, 20_000)
  const { proxies, quarantined } = await status()
  assert.equal(quarantined[0]?.field, 'spec.http[0].match[0].uri.regex')
  assert.match(quarantined[0]?.message ?? '', /program size/)
  await until(async () => (await status()).proxies[0]?.quarantined === 2, 10_000)
  assert.equal(proxies[0]?.acked, 0)
  assert.deepEqual([await statusAt('one'), await statusAt('two')], [201, 201])

  // Its resources have names of their own: it refuses once, is believed at once, and gets the last good one.
  await mesh.join({ name: 'late', ip: ip.late })
  await until(async () => (await statusAt('late')) === 201, 10_000)
  const refused = await run('wait', 'VirtualService', 'main', '-n', 'test', '--timeout', '20s')
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /WAIT_NOT_MET/)
  assert.match(refused.stderr, /one\.test +quarantined/)

  // The next daemon knows from the history what the object was before.
  mesh.daemon.child.kill('SIGKILL')
  await mesh.daemon.ended
  await startDaemon(t, {
    config: path.join(mesh.folder, 'config'),
    data: mesh.daemon.data,
    args: ['--quarantine-after', '2'],
  })
  await until(async () => (await status()).proxies[0]?.quarantined === 3, 30_000)
  assert.equal((await status()).quarantined[0]?.field, 'spec.http[0].match[0].uri.regex')
  for (const name of ['one', 'two', 'late'] as const) assert.equal(await statusAt(name), 201)

  mesh.put('rules.yaml', answers(203, '{ prefix: /a }'))
  await until(async () => (await statusAt('one')) === 203, 10_000)
  const mended = await run('wait', 'VirtualService', 'main', '-n', 'test', '--timeout', '20s')
  assert.equal(mended.code, 0, mended.stderr)
  assert.deepEqual((await status()).quarantined, [])
})

test('one refusal holds nothing back but says what it comes from; the own Envoy that refuses too is enough', async t => {
  const mesh = await startMesh(
    t,
    {
      'service.yaml': servedWorkload('main', '127.0.18.9'),
      'callers.yaml': callers('one', 'whole'),
      'rules.yaml': answers(201, '{ prefix: /a }'),
    },
    [{ name: 'one', ip: ip.one }],
    { serve: ['--dry-run-envoy', await envoyPath()] },
  )
  const { run, status, stale } = commandsOf(t, mesh)
  assert.equal((await run('wait', 'VirtualService', 'main', '-n', 'test')).code, 0)
  mesh.put('rules.yaml', answers(202, monster))
  await until(async () => (await stale()).some(({ blame }) => blame !== undefined), 20_000)
  assert.match((await stale())[0]?.blame ?? '', /^VirtualService test\/main: spec\.http\[0\]\.match\[0\]\.uri\.regex$/)
  await until(async () => (await status()).quarantined.some(({ evidence }) => evidence === 'dry run'), 20_000)
  assert.equal(await statusAt('one'), 201)
})
