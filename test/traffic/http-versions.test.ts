/**
 * Whatever HTTP version a caller speaks and a port is declared to speak, the server's proxy sees requests, never bare
 * bytes inside TLS: otherwise its HTTP policies would not act.
 */

import assert from 'node:assert/strict'
import http from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import { http2Call } from '../support/http2.ts'
import { call, envoyStats, startMesh, strictMutualTls } from '../support/mesh.ts'
import { until } from '../support/processes.ts'

const server = '127.0.5.1'
const client = '127.0.5.2'

/** One application behind three services that declare its port differently; the workload's own port is sniffed. */
const configuration = `
${(['h1', 'h2', 'any'] as const).map(name => serviceEntry(name)).join('---')}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: server, namespace: test, labels: { app: server } }
spec: { address: ${server}, serviceAccount: server, labels: { app: server } }
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: server, namespace: test }
spec:
  workloadSelector: { labels: { app: server } }
  ingress: [{ port: { number: 18080, name: main }, bind: ${server}, defaultEndpoint: "0.0.0.0:19080" }]
  egress: [{ hosts: ["~/*"] }]
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: client, namespace: test }
spec:
  workloadSelector: { labels: { app: client } }
  egress: [{ port: { number: 18081, name: http, protocol: HTTP }, bind: ${client}, hosts: ["./*"] }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: no-admin, namespace: test }
spec:
  selector: { matchLabels: { app: server } }
  action: DENY
  rules: [{ to: [{ operation: { paths: [/admin] } }] }]
`

function serviceEntry(name: 'h1' | 'h2' | 'any'): string {
  const port = { h1: 'name: http, protocol: HTTP', h2: 'name: http2, protocol: HTTP2', any: 'name: main' }[name]
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: test }
spec:
  hosts: [${name}.test.internal]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, ${port}, targetPort: 18080 }]
  workloadSelector: { labels: { app: server } }
`
}

test('HTTP policies act on every pair of the version spoken and the version declared', async t => {
  await startBilingualApplication(t, server, 19080)
  await startMesh(t, { 'all.yaml': configuration, 'strict.yaml': strictMutualTls }, [
    { name: 'server', ip: server },
    { name: 'client', ip: client },
  ])
  const oldCall = async (host: string, path: string) => {
    const { status, body } = await call({ host: client, port: 18081, path, headers: { host } })
    return { status, body }
  }
  const newCall = (host: string, path: string) => http2Call({ address: client, port: 18081, host, path })
  await until(async () => (await oldCall('h1.test.internal', '/')).status === 200, 10_000)

  const seen: Record<string, unknown> = {}
  for (const [spoken, ask] of [['HTTP/1.1', oldCall] as const, ['HTTP/2', newCall] as const]) {
    for (const declared of ['h1', 'h2', 'any']) {
      const host = `${declared}.test.internal`
      const answer = await ask(host, '/')
      const refused = await ask(host, '/admin')
      seen[`${spoken} to ${declared}`] = `${answer.status} over ${answer.body}, ${refused.status}`
    }
  }
  assert.deepEqual(seen, {
    'HTTP/1.1 to h1': '200 over HTTP/1.1, 403',
    'HTTP/1.1 to h2': '200 over HTTP/2.0, 403',
    'HTTP/1.1 to any': '200 over HTTP/1.1, 403',
    'HTTP/2 to h1': '200 over HTTP/1.1, 403',
    'HTTP/2 to h2': '200 over HTTP/2.0, 403',
    'HTTP/2 to any': '200 over HTTP/2.0, 403',
  })
  const stats = await envoyStats(client)
  const handshakes = [...stats].filter(([name]) => /^cluster\.outbound.*\.ssl\.handshake$/.test(name))
  assert.ok(handshakes.every(([, count]) => count > 0) && handshakes.length === 3, JSON.stringify(handshakes))
})

/** Answers with the HTTP version in which it was asked. */
async function startBilingualApplication(t: TestContext, host: string, port: number): Promise<void> {
  const old = http.createServer((request, response) => response.end(`HTTP/${request.httpVersion}`))
  const young = http2.createServer((request, response) => response.end(`HTTP/${request.httpVersion}`))
  const sockets = new Set<net.Socket>()
  const listener = net.createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.once('data', first => {
      socket.pause()
      socket.unshift(first)
      if (first.toString('latin1').startsWith('PRI * HTTP/2.0')) {
        // Takes up a paused socket by itself; when it is resumed as well, its first bytes are lost.
        young.emit('connection', socket)
      } else {
        old.emit('connection', socket)
        socket.resume()
      }
    })
  })
  await new Promise<void>(resolve => listener.listen(port, host, resolve))
  t.after(() => {
    listener.close()
    for (const socket of sockets) socket.destroy()
  })
}
