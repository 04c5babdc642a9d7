import assert from 'node:assert/strict'
import http from 'node:http'
import { test } from 'node:test'
import {
  call,
  callingWorkload,
  envoyStats,
  servedWorkload,
  startApplication,
  startMesh,
  strictMutualTls,
} from '../support/mesh.ts'
import { until } from '../support/processes.ts'

const server = '127.0.2.1'
const client = '127.0.2.2'

const policy = (name: string, action: string, rule: string): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: test }
spec:
  selector: { matchLabels: { app: server } }
  action: ${action}
  rules: [${rule}]
`

const fromClient = '{ from: [{ source: { principals: [cluster.local/ns/test/sa/client] } }] }'

test('a changed policy acts on open connections, pushes no listener, and a denial wins over a permission', async t => {
  await startApplication(t, 'server', server, 19080)
  const mesh = await startMesh(
    t,
    {
      'server.yaml': servedWorkload('server', server),
      'client.yaml': callingWorkload('client', client),
      'strict.yaml': strictMutualTls,
    },
    [
      { name: 'server', ip: server },
      { name: 'client', ip: client },
    ],
  )
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const get = (path = '/', method = 'GET') =>
    call({ host: client, port: 18081, path, method, headers: { host: 'server.test.internal' }, agent })
  const becomes = (status: number, path?: string, method?: string) =>
    until(async () => (await get(path, method)).status === status, 5000)

  await becomes(200)
  const counted = async () => {
    const stats = await envoyStats(server)
    const sum = (pattern: RegExp): number =>
      [...stats].filter(([name]) => pattern.test(name)).reduce((total, [, value]) => total + value, 0)
    return {
      listenerPushes: stats.get('listener_manager.lds.update_success') ?? -1,
      listenersModified: stats.get('listener_manager.listener_modified') ?? -1,
      // The connection between the Envoys: if it were made anew, the policy would not have acted on an open one.
      connections: sum(new RegExp(`^listener\\.${server}_18080\\.downstream_cx_total$`)),
      policyPushes: sum(/^extension_config_discovery\..*\.config_reload$/),
    }
  }
  const before = await counted()
  assert.equal(before.connections, 1)

  mesh.put(
    'policy.yaml',
    policy('other', 'ALLOW', '{ from: [{ source: { principals: [cluster.local/ns/test/sa/other] } }] }'),
  )
  await becomes(403)
  mesh.put('policy.yaml', policy('other', 'ALLOW', fromClient))
  await becomes(200)
  mesh.put('deny.yaml', policy('deny', 'DENY', '{ to: [{ operation: { paths: ["/secret*"], methods: [GET] } }] }'))
  await becomes(403, '/secret/file')
  assert.equal((await get('/public')).status, 200)
  assert.equal((await get('/secret/file', 'POST')).status, 200)
  assert.equal((await get('/public/../secret/file')).status, 403, 'a path is normalised before it is matched')
  mesh.remove('deny.yaml')
  mesh.remove('policy.yaml')
  await becomes(200, '/secret/file')

  const after = await counted()
  assert.deepEqual(
    { ...after, policyPushes: 0 },
    { ...before, policyPushes: 0 },
    'no listener was pushed and no connection was made',
  )
  assert.ok(
    after.policyPushes >= before.policyPushes + 4,
    `${after.policyPushes} policy pushes after ${before.policyPushes}`,
  )
})
