import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { envoyStats, startMesh, strictMutualTls } from '../support/mesh.ts'
import { until } from '../support/processes.ts'

const server = '127.0.6.1'
const client = '127.0.6.2'

const served = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: server, namespace: test }
spec:
  hosts: [server.test.internal]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 7000, name: tcp, protocol: TCP, targetPort: 17000 }]
  workloadSelector: { labels: { app: server } }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: server, namespace: test, labels: { app: server } }
spec: { address: ${server}, serviceAccount: server, labels: { app: server, security.istio.io/tlsMode: istio } }
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: server, namespace: test }
spec:
  workloadSelector: { labels: { app: server } }
  ingress: [{ port: { number: 17000, name: tcp, protocol: TCP }, bind: ${server}, defaultEndpoint: "0.0.0.0:19000" }]
  egress: [{ hosts: ["~/*"] }]
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: client, namespace: test }
spec:
  workloadSelector: { labels: { app: client } }
  egress: [{ port: { number: 17001, name: tcp, protocol: TCP }, bind: ${client}, hosts: ["./*"] }]
`

const policy = (action: string, source: string): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: tcp, namespace: test }
spec:
  selector: { matchLabels: { app: server } }
  action: ${action}
  rules: [{ from: [{ source: { ${source} } }] }]
`

test('a changed policy decides on the next TCP connection, over mutual TLS, and pushes no listener', async t => {
  const echo = net.createServer(socket => {
    socket.on('error', () => undefined)
    socket.pipe(socket)
  })
  await once(echo.listen(19000, server), 'listening')
  t.after(() => echo.close())
  const mesh = await startMesh(t, { 'mesh.yaml': served, 'strict.yaml': strictMutualTls }, [
    { name: 'server', ip: server },
    { name: 'client', ip: client },
  ])
  const becomes = (answer: string) => until(async () => (await said('hello')) === answer, 5000)
  await becomes('hello')
  const listenerPushes = async () => (await envoyStats(server)).get('listener_manager.lds.update_success')
  const before = await listenerPushes()

  mesh.put('policy.yaml', policy('ALLOW', 'principals: ["*/sa/other"]'))
  await becomes('')
  mesh.put('policy.yaml', policy('ALLOW', 'principals: ["*/sa/client"]'))
  await becomes('hello')
  mesh.put('policy.yaml', policy('DENY', 'principals: ["*/sa/client"]'))
  await becomes('')
  mesh.remove('policy.yaml')
  await becomes('hello')

  assert.equal(await listenerPushes(), before)
})

/** What comes back for `text` from beyond the client's proxy. */
function said(text: string): Promise<string> {
  return new Promise(resolve => {
    let answer = ''
    const socket = net.connect(17001, client, () => socket.write(text))
    socket.setTimeout(2000, () => socket.destroy())
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString()
      socket.end()
    })
    socket.on('close', () => resolve(answer))
  })
}
