import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectedMesh } from '../testing/connected-mesh.ts'

const entry = (name: string, ip: string): string => `---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: ${name}, namespace: shop}
spec: {address: ${ip}, serviceAccount: db, labels: {app: db, security.istio.io/tlsMode: istio}}
`
const mesh = `
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: 10.96.0.1, selector: {app: db}, ports: [{name: tcp, port: 9000}, {name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: other, namespace: shop}
spec: {clusterIP: 10.96.0.2, selector: {app: other}, ports: [{name: http, port: 80}]}
${entry('db-1', '10.1.0.1')}${entry('db-2', '10.1.0.2')}`

const digest = 'ab'.repeat(32)

/** By kind, what was resolved. */
function resolved(recomputed: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  const kinds = [...recomputed].filter(([name]) => name.endsWith('.resources'))
  return Object.fromEntries(kinds.map(([name, runs]) => [name.replace('.resources', ''), runs]).sort())
}

test('a revoked client is told by one resource a layer, and by an endpoint a TCP port; no listener, no cluster', () => {
  const { discovery, connect, commit } = connectedMesh(mesh)
  for (const [i, ip] of ['10.1.0.1', '10.1.0.2'].entries()) {
    connect({ id: `sidecar~${ip}~db-${i}.shop~x`, ipAddresses: [ip], labels: { app: 'db' } })
  }
  const { recomputed } = commit(() => discovery.revocations.peers.put('mesh', { digests: [digest], identities: [] }))
  assert.deepEqual(resolved(recomputed), { revocation: 2, 'inbound-endpoints': 2 })
})

test('a revoked server leaves the endpoints of its own services alone', () => {
  const { discovery, connect, commit } = connectedMesh(mesh)
  connect({ ipAddresses: ['10.1.0.9'] })
  const server = { namespace: 'shop', serviceAccount: 'db', addresses: ['10.1.0.1'], digests: [digest], drain: 0 }
  const marked = commit(() => discovery.revocations.servers.put('db-1', { ...server, stage: 'marked' }))
  assert.equal(marked.resourcesChanged, 2)
  const removed = commit(() => discovery.revocations.servers.put('db-1', { ...server, stage: 'removed' }))
  assert.equal(removed.resourcesChanged, 2)
  const back = commit(() => discovery.revocations.servers.remove('db-1'))
  assert.equal(back.resourcesChanged, 2)
})

test('of the endpoints at a claimed address only those of the same account are taken', () => {
  const { discovery, connect, commit } = connectedMesh(mesh)
  connect({ ipAddresses: ['10.1.0.9'] })
  const liar = { namespace: 'shop', serviceAccount: 'liar', addresses: ['10.1.0.1'], digests: [digest], drain: 0 }
  const { resourcesChanged } = commit(() => discovery.revocations.servers.put('x', { ...liar, stage: 'removed' }))
  assert.equal(resourcesChanged, 0)
})
