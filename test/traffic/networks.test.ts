/** A workload on another network, through real Envoys: it is reached by the gateway there, end to end in mutual TLS. */

import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { call, callingWorkload, servedWorkload, startApplication, startMesh, strictMutualTls } from '../support/mesh.ts'
import { atEnd, temporaryFolder, until } from '../support/processes.ts'

const store = { name: 'store', ip: '127.0.58.1' }
const web = { name: 'web', ip: '127.0.58.129' }
const gateway = { ip: '127.0.58.65', port: 15_443 }

const apart = 'far: { endpoints: [{ fromCidr: 127.0.58.0/26 }] }, near: { endpoints: [{ fromCidr: 127.0.58.128/26 }] }'
const behindGateway = apart.replace('}] }', `}], gateways: [{ address: ${gateway.ip}, port: ${gateway.port} }] }`)

test('a workload of another network is reached by the gateway there, as soon as the networks say so', async t => {
  const file = path.join(temporaryFolder(t), 'networks.yaml')
  const putNetworks = (networks: string): void => {
    writeFileSync(`${file}.part`, `networks: { ${networks} }\n`)
    renameSync(`${file}.part`, file)
  }
  putNetworks(apart)
  const passed = await startGateway(t)
  await startApplication(t, 'store', store.ip, 19_080)
  const mesh = await startMesh(
    t,
    {
      'store.yaml': servedWorkload(store.name, store.ip),
      'web.yaml': callingWorkload(web.name, web.ip),
      'strict.yaml': strictMutualTls,
    },
    [store, web],
    { serve: ['--mesh-networks', file] },
  )
  const get = () => call({ host: web.ip, port: 18_081, headers: { host: 'store.test.internal' } })
  await until(async () => (await get()).status === 200, 10_000)
  assert.deepEqual(passed, [])

  putNetworks(behindGateway)
  const isByGateway = async (): Promise<boolean> => {
    const before = passed.length
    const { status, headers } = await get()
    assert.equal(status, 200)
    assert.match(String(headers['x-caller']), /URI=spiffe:\/\/cluster\.local\/ns\/test\/sa\/web/)
    return passed.length > before
  }
  await until(isByGateway, 10_000)
  assert.deepEqual([...new Set(passed)], ['outbound_.80_._.store.test.internal'])

  putNetworks(behindGateway.replace('127.0.58.0/26', '127.0.58.0/99'))
  await until(() => Promise.resolve(/mesh networks refused/.test(mesh.daemon.output().stderr)), 10_000)
  assert.ok(
    (await endpointsOf(web.ip)).includes(`${gateway.ip}:${gateway.port}`),
    'the last good networks stay in force',
  )
  assert.equal((await get()).status, 200)

  const { body } = await call({ host: '127.0.0.1', port: mesh.daemon.ports.http, path: '/metrics' })
  assert.match(body, /^meshwright_config_settings_refused 1$/m)

  putNetworks(apart)
  await until(async () => !(await endpointsOf(web.ip)).includes(gateway.ip), 10_000)
  assert.ok((await endpointsOf(web.ip)).includes(`outbound|80||store.test.internal::${store.ip}:18080::`))
  assert.equal((await get()).status, 200)
})

const endpointsOf = async (ip: string): Promise<string> =>
  (await call({ host: ip, port: 15_000, path: '/clusters' })).body

/** Connects what comes to the store's Envoy, and keeps the server name of each connection. */
async function startGateway(t: TestContext): Promise<readonly string[]> {
  const passed: string[] = []
  const server = net.createServer(client => {
    client.on('error', () => client.destroy())
    client.once('data', hello => {
      passed.push(/outbound_[\w.-]+/.exec(hello.toString('latin1'))?.[0] ?? '')
      const upstream = net.connect(18_080, store.ip, () => {
        upstream.write(hello)
        client.pipe(upstream).pipe(client)
      })
      upstream.on('error', () => client.destroy())
      upstream.on('close', () => client.destroy())
      client.on('close', () => upstream.destroy())
    })
  })
  await new Promise<void>(resolve => server.listen(gateway.port, gateway.ip, resolve))
  atEnd(t, () => {
    server.close()
  })
  return passed
}
