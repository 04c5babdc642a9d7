import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, servedWorkload, startApplication, startMesh, strictMutualTls } from '../support/mesh.ts'
import { until } from '../support/processes.ts'

const hosts = { left: '127.0.4.1', right: '127.0.4.2' }

test('agents on one host answer each for itself: status, admin and traffic, and one going down is seen at its own address alone', async t => {
  for (const [name, ip] of Object.entries(hosts)) await startApplication(t, name, ip, 19080)
  const permissive = strictMutualTls.replace('STRICT', 'PERMISSIVE')
  const mesh = await startMesh(
    t,
    {
      'left.yaml': servedWorkload('left', hosts.left),
      'right.yaml': servedWorkload('right', hosts.right),
      'mtls.yaml': permissive,
    },
    [
      { name: 'left', ip: hosts.left },
      { name: 'right', ip: hosts.right },
    ],
  )
  for (const [name, ip] of Object.entries(hosts)) {
    const info = JSON.parse((await call({ host: ip, port: 15000, path: '/server_info' })).body) as {
      node: { id: string }
    }
    assert.equal(info.node.id.split('~')[2], `${name}.test`)
    assert.equal((await call({ host: ip, port: 18080 })).body, name)
  }
  mesh.agent('left').child.kill('SIGTERM')
  await mesh.agent('left').ended
  await until(async () => (await call({ host: hosts.left, port: 18080 })).status === 0, 5000)
  assert.equal((await call({ host: hosts.left, port: 15020, path: '/healthz/ready' })).status, 0)
  assert.equal((await call({ host: hosts.right, port: 15020, path: '/healthz/ready' })).status, 200)
  assert.equal((await call({ host: hosts.right, port: 18080 })).body, 'right')
})
