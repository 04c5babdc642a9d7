import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { envoyLog } from '../support/envoy-log.ts'
import { call, callingWorkload, servedWorkload, startApplication, startMesh, strictMutualTls } from '../support/mesh.ts'
import { runCommand, until } from '../support/processes.ts'
import { proxyStatuses, unapplied } from '../support/proxy-status.ts'

test('an Envoy that claims to be another workload than its certificate says gets PermissionDenied, and the agent says so', async t => {
  const client = '127.0.15.1'
  const mesh = await startMesh(t, { 'client.yaml': callingWorkload('client', client) }, [
    { name: 'client', ip: client },
  ])
  const state = path.join(mesh.folder, 'state', 'client')
  const bootstrap = path.join(state, 'envoy-bootstrap.json')
  const changed = readFileSync(bootstrap, 'utf8').replace('"NAMESPACE": "test"', '"NAMESPACE": "payments"')
  assert.match(changed, /payments/)
  writeFileSync(bootstrap, changed)
  const { pid } = JSON.parse(readFileSync(path.join(state, 'envoy-process.json'), 'utf8')) as { pid: number }
  process.kill(pid, 'SIGKILL')
  await until(() => mesh.agent('client').output().stderr.includes('"PERMISSION_DENIED"'), 10_000)
  assert.match(
    mesh.agent('client').output().stderr,
    /authorization failed: the identity spiffe:\/\/cluster\.local\/ns\/test\/sa\/client is of namespace test, the node says/,
  )
  assert.deepEqual(
    (await proxyStatuses(t, mesh.daemon.data)).filter(({ types }) => types.length > 0),
    [],
    'it is given nothing',
  )
})

const service = (name: string, regex: string): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}, namespace: test }
spec:
  hosts: [${name}.test.internal]
  http:
    - match: [{ uri: { regex: '${regex}' } }]
      headers: { response: { set: { x-route: matched } } }
      route: [{ destination: { host: ${name}.test.internal } }]
    - route: [{ destination: { host: ${name}.test.internal } }]
`

for (const xds of ['delta', 'sotw'] as const) {
  test(`what an Envoy refuses over ${xds} is shown with its words, does not count as applied, and harms nothing that it has`, async t => {
    const server = xds === 'delta' ? '127.0.15.2' : '127.0.15.4'
    const client = xds === 'delta' ? '127.0.15.3' : '127.0.15.5'
    const type = xds === 'delta' ? 'virtual-hosts' : 'routes'
    await startApplication(t, 'server', server, 19080)
    const mesh = await startMesh(
      t,
      {
        'server.yaml': servedWorkload('server', server),
        'client.yaml': callingWorkload('client', client),
        'strict.yaml': strictMutualTls,
        'route.yaml': service('server', '/v[0-9]+'),
      },
      [
        { name: 'server', ip: server },
        { name: 'client', ip: client, xds },
      ],
    )
    const route = async (path: string) => {
      const { status, headers } = await call({
        host: client,
        port: 18081,
        path,
        headers: { host: 'server.test.internal' },
      })
      return `${status} ${headers['x-route'] ?? 'other'}`
    }
    await until(async () => (await route('/v1')) === '200 matched', 10_000)
    await until(async () => unapplied(await proxyStatuses(t, mesh.daemon.data)).length === 0, 10_000)

    // Well formed, and too large once it is compiled: that is for Envoy's limit to say.
    mesh.put('route.yaml', service('server', `/${'\\pL{1000}'.repeat(8)}`))
    const refused = async () => stateOf(t, mesh.daemon.data, type)
    await until(async () => (await refused()).state === 'rejected', 10_000)
    assert.match((await refused()).words, /regex|pattern|program size/i)
    // The blame is found a moment after the refusal.
    const proxies = async () => (await runCommand(t, 'get', 'proxies', '--data', mesh.daemon.data)).stdout
    await until(async () => (await proxies()).includes('because of'), 10_000)
    const stdout = await proxies()
    assert.match(stdout, /^client\.test .*REJECTED/m)
    const cause = 'VirtualService test/server: spec.http[0].match[0].uri.regex'
    const told = stdout.split('\n').find(line => line.startsWith(`client.test refused ${type} at `)) ?? ''
    assert.ok(told.includes(` because of ${cause}: `), told)
    assert.match(told, /program size/)
    assert.match(mesh.agent('client').output().stderr, /Envoy refused a configuration/)
    assert.ok(envoyLog(mesh.agent('client')).some(({ message }) => /program size/.test(message)))
    assert.equal(await route('/v1'), '200 matched', 'the last good route goes on')
    const metrics = await (await fetch(`http://127.0.0.1:${mesh.daemon.ports.http}/metrics`)).text()
    assert.match(metrics, /reject[a-z_]*(\{[^}]*\})? [1-9]/)

    mesh.put('route.yaml', service('server', '/w[0-9]+'))
    await until(async () => (await route('/w1')) === '200 matched', 10_000)
    assert.equal(await route('/v1'), '200 other')
    await until(async () => (await refused()).state === 'applied', 10_000)
  })
}

async function stateOf(t: TestContext, data: string, type: string): Promise<{ state: string; words: string }> {
  const proxy = (await proxyStatuses(t, data)).find(({ node }) => node.includes('client.test'))
  const found = proxy?.types.find(one => one.type === type)
  return { state: found?.state ?? 'unknown', words: found?.rejection?.message ?? '' }
}
