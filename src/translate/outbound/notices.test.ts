import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectedMesh } from '../testing/connected-mesh.ts'
import { formatOutboundNotice, outboundNotices } from './notices.ts'

const entry = (name: string, year: number, port: string): string => `---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${name}, namespace: shop, creationTimestamp: "${year}-01-01T00:00:00Z"}
spec:
  hosts: [${name}.example.com]
  location: MESH_EXTERNAL
  resolution: DNS
  ports: [${port}]
`

test('a service that an older one keeps from its port is named, with who does', () => {
  const mesh = connectedMesh(
    entry('old', 2020, '{number: 6000, name: tcp, protocol: TCP}') +
      entry('new', 2021, '{number: 6000, name: http, protocol: HTTP}'),
  )
  const proxy = mesh.connect({})
  assert.deepEqual(outboundNotices(proxy, mesh.discovery.facts), [
    { kind: 'conflict', listener: '0.0.0.0_6000', winner: 'shop/old.example.com', loser: 'shop/new.example.com' },
  ])
})

test('a port that the proxy cannot or must not bind is named once', () => {
  const mesh = connectedMesh(
    entry('low', 2020, '{number: 80, name: http, protocol: HTTP}') +
      entry('low2', 2021, '{number: 80, name: http, protocol: HTTP}') +
      entry('health', 2020, '{number: 15021, name: http, protocol: HTTP}'),
  )
  const unprivileged = mesh.connect({ interceptionMode: 'NONE', unprivileged: true })
  assert.deepEqual(outboundNotices(unprivileged, mesh.discovery.facts), [
    { kind: 'low-port', address: '127.0.0.1', port: 80 },
  ])
  const captured = mesh.connect({})
  assert.deepEqual(outboundNotices(captured, mesh.discovery.facts).map(formatOutboundNotice), [
    'nothing listens at 0.0.0.0:15021: the proxy itself has that port',
  ])
})
