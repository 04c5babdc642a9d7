import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listIdentity } from '../list-keys.ts'
import { strategicMergePatch } from './strategic-merge-patch.ts'

const patchService = (target: unknown, patch: unknown): unknown =>
  strategicMergePatch(target, patch, path => listIdentity('Service', path))

const http = { name: 'http', port: 80 }
const grpc = { name: 'grpc', port: 90 }

test('entries of a list with a key are merged by it, others are replaced as a whole', () => {
  assert.deepEqual(patchService({ spec: { ports: [http, grpc] } }, { spec: { ports: [{ port: 90, name: 'rpc' }] } }), {
    spec: { ports: [http, { name: 'rpc', port: 90 }] },
  })
  assert.deepEqual(patchService({ spec: { clusterIPs: ['a', 'b'] } }, { spec: { clusterIPs: ['c'] } }), {
    spec: { clusterIPs: ['c'] },
  })
  assert.deepEqual(patchService({ metadata: { finalizers: ['a'] } }, { metadata: { finalizers: ['a', 'b'] } }), {
    metadata: { finalizers: ['a', 'b'] },
  })
})

test('directives delete, replace, retain and order', () => {
  const both = { spec: { ports: [http, grpc] } }
  assert.deepEqual(patchService(both, { spec: { ports: [{ $patch: 'delete', port: 80 }] } }), {
    spec: { ports: [grpc] },
  })
  assert.deepEqual(patchService(both, { spec: { ports: [{ $patch: 'replace' }, { port: 1 }] } }), {
    spec: { ports: [{ port: 1 }] },
  })
  assert.deepEqual(patchService(both, { spec: { $patch: 'replace', type: 'ClusterIP' } }), {
    spec: { type: 'ClusterIP' },
  })
  assert.deepEqual(patchService({ spec: { a: 1, b: 2 } }, { spec: { $retainKeys: ['b', 'c'], c: 3 } }), {
    spec: { b: 2, c: 3 },
  })
  assert.deepEqual(patchService(both, { spec: { '$setElementOrder/ports': [{ port: 90 }, { port: 80 }] } }), {
    spec: { ports: [grpc, http] },
  })
  const finalizers = { metadata: { finalizers: ['a', 'b'] } }
  assert.deepEqual(patchService(finalizers, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } }), {
    metadata: { finalizers: ['b'] },
  })
})

test('an entry without its key, and a directive that is none, are refused with the place', () => {
  assert.throws(() => patchService({}, { spec: { ports: [{ name: 'x' }] } }), /spec\.ports: an entry has no port/)
  assert.throws(() => patchService({}, { spec: { $patch: 'explode' } }), /spec: \$patch is "explode"/)
})

test('directives never stay behind in what is new', () => {
  const patched = patchService(
    {},
    { spec: { ports: [{ port: 80, $patch: 'merge' }], x: [{ $patch: 'delete', y: 1 }] } },
  )
  assert.doesNotMatch(JSON.stringify(patched), /\$/)
})

test('a patch as long as a body can be is merged in time that grows as it does', () => {
  const ports = Array.from({ length: 150_000 }, (_, index) => ({ port: index }))
  const order = ports.toReversed()
  const made = patchService({ spec: { ports: [http] } }, { spec: { ports } }) as { spec: { ports: readonly object[] } }
  assert.equal(made.spec.ports.length, ports.length)
  assert.deepEqual(made.spec.ports.at(0), http)
  const sorted = patchService({ spec: { ports } }, { spec: { '$setElementOrder/ports': order } }) as typeof made
  assert.deepEqual(sorted.spec.ports.at(0), { port: 149_999 })
  const finalizers = ports.map(({ port }) => String(port))
  const kept = { metadata: { finalizers } }
  assert.deepEqual(patchService(kept, kept), kept)
  const emptied = patchService(kept, { metadata: { '$deleteFromPrimitiveList/finalizers': finalizers } })
  assert.deepEqual(emptied, { metadata: { finalizers: [] } })
})

test('of entries with one key the first is changed or deleted, and what is deleted may come again', () => {
  const [first, second] = [
    { port: 1, name: 'a' },
    { port: 1, name: 'b' },
  ]
  const ports = (...patch: readonly object[]): unknown =>
    patchService({ spec: { ports: [first, second] } }, { spec: { ports: patch } })
  assert.deepEqual(ports({ port: 1, name: 'c' }), { spec: { ports: [{ port: 1, name: 'c' }, second] } })
  assert.deepEqual(ports({ $patch: 'delete', port: 1 }), { spec: { ports: [second] } })
  const deletion = { $patch: 'delete', port: 1 }
  assert.deepEqual(ports(deletion, deletion, first), { spec: { ports: [first] } })
})
