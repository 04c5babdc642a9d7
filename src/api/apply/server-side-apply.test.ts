import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { MeshwrightError } from '../../platform/errors.ts'
import type { JsonObject } from '../json-value.ts'
import { isObject } from '../json-value.ts'
import { fieldsFromV1, fieldsOfObject, fieldsV1From } from './field-set.ts'
import { managersOf } from './managed-fields.ts'
import { type Change, conflictsOf, serverSideApply, updateOwnership } from './server-side-apply.ts'

const change = (live: JsonObject | undefined, manager: string): Change => ({
  kind: 'Service',
  live,
  manager,
  apiVersion: 'v1',
  now: '2027-01-01T00:00:00Z',
})
const apply = (live: JsonObject | undefined, manager: string, applied: JsonObject, force = false): JsonObject =>
  serverSideApply(change(live, manager), applied, force)
const said = (object: JsonObject): JsonObject => {
  const { metadata, ...rest } = object
  const { managedFields: _, ...kept } = isObject(metadata) ? metadata : {}
  return { ...rest, metadata: kept }
}
const conflictsIn = (run: () => unknown): readonly string[] => {
  try {
    run()
    return []
  } catch (error) {
    return conflictsOf(error as MeshwrightError).map(({ manager, field }) => `${manager} ${field}`)
  }
}

const service = (spec: JsonObject, labels: JsonObject = {}): JsonObject => ({ metadata: { labels }, spec })

test('what a manager no longer says goes, unless somebody else owns it, too', () => {
  const first = apply(undefined, 'a', service({ type: 'ClusterIP', clusterIP: 'None' }, { x: '1' }))
  const shared = apply(first, 'b', service({ type: 'ClusterIP' }))
  const after = apply(shared, 'a', service({}, { x: '1' }))
  assert.deepEqual(said(after), { metadata: { labels: { x: '1' } }, spec: { type: 'ClusterIP' } })
  const gone = apply(after, 'b', { metadata: {} })
  assert.deepEqual(said(gone), { metadata: { labels: { x: '1' } } })
})

test('another value for what somebody else owns is a conflict that names him and the field, and force takes it over', () => {
  const live = apply(undefined, 'a', service({ type: 'ClusterIP' }))
  const other = service({ type: 'NodePort' })
  assert.deepEqual(
    conflictsIn(() => apply(live, 'b', other)),
    ['a .spec.type'],
  )
  const forced = apply(live, 'b', other, true)
  assert.deepEqual(said(forced), { metadata: { labels: {} }, spec: { type: 'NodePort' } })
  assert.deepEqual(
    managersOf(forced).map(({ name, fields }) => [name, [...fields].length]),
    [
      ['a', 1],
      ['b', 2],
    ],
  )
  assert.deepEqual(
    conflictsIn(() => apply(forced, 'a', service({ type: 'ClusterIP' }))),
    ['b .spec.type'],
  )
})

test('the same value is shared without a conflict', () => {
  const live = apply(undefined, 'a', service({ type: 'ClusterIP' }))
  assert.deepEqual(
    conflictsIn(() => apply(live, 'b', service({ type: 'ClusterIP' }))),
    [],
  )
})

test('ports of a service are told apart by number and protocol, and each manager keeps its own', () => {
  const a = apply(undefined, 'a', service({ ports: [{ port: 80, name: 'http' }] }))
  const b = apply(a, 'b', service({ ports: [{ port: 90, protocol: 'TCP', name: 'grpc' }] }))
  assert.deepEqual(said(b).spec, {
    ports: [
      { port: 80, name: 'http' },
      { port: 90, protocol: 'TCP', name: 'grpc' },
    ],
  })
  const without = apply(b, 'a', { metadata: {} })
  assert.deepEqual(said(without).spec, { ports: [{ port: 90, protocol: 'TCP', name: 'grpc' }] })
  const rename = service({ ports: [{ port: 90, name: 'x' }] })
  assert.deepEqual(
    conflictsIn(() => apply(b, 'c', rename)),
    ['b .spec.ports[port=90,protocol="TCP"].name'],
  )
})

test('lists of kinds without keys are one field', () => {
  const hosts = (name: string): JsonObject => ({ spec: { hosts: [name] } })
  const serve = (live: JsonObject | undefined, manager: string, applied: JsonObject): JsonObject =>
    serverSideApply({ ...change(live, manager), kind: 'VirtualService' }, applied, false)
  const live = serve(undefined, 'a', hosts('x'))
  assert.deepEqual(
    conflictsIn(() => serve(live, 'b', hosts('y'))),
    ['a .spec.hosts'],
  )
})

test('a plain write takes over the fields that it changes and leaves the others to their managers', () => {
  const live = apply(undefined, 'a', service({ type: 'ClusterIP', clusterIP: 'None' }, { x: '1' }))
  const edited = updateOwnership(change(live, 'kubectl-edit'), { ...live, spec: { type: 'NodePort' } })
  const owned = Object.fromEntries(
    managersOf(edited).map(({ name, fields }) => [name, [...fields].map(path => path.split('\0').join(' '))]),
  )
  assert.deepEqual(owned, { a: ['f:metadata f:labels f:x'], 'kubectl-edit': ['f:spec f:type'] })
  const same = updateOwnership(change(edited, 'c'), edited)
  assert.deepEqual(same, edited)
})

const anyService = fc
  .record({
    labels: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'), { maxKeys: 3 }),
    type: fc.option(fc.constantFrom('ClusterIP', 'NodePort'), { nil: undefined }),
    ports: fc.uniqueArray(fc.record({ port: fc.integer({ min: 1, max: 4 }), name: fc.constantFrom('x', 'y') }), {
      selector: ({ port }) => port,
      maxLength: 3,
    }),
  })
  .map(({ labels, type, ports }) => ({
    metadata: { labels },
    spec: { ...(type === undefined ? {} : { type }), ...(ports.length === 0 ? {} : { ports }) },
  }))

test('applying again changes nothing, and a manager that applies alone gets exactly what it says', () => {
  fc.assert(
    fc.property(anyService, anyService, anyService, (first, second, third) => {
      const alone = apply(apply(undefined, 'a', first), 'a', second)
      assert.deepEqual(fieldsOfObject('Service', said(alone)), fieldsOfObject('Service', second))
      const both = apply(alone, 'b', third, true)
      assert.deepEqual(apply(both, 'b', third), both)
      // Whatever b said is there as b said it.
      for (const [name, value] of Object.entries(third.metadata.labels)) {
        assert.equal(((said(both).metadata as JsonObject).labels as JsonObject)[name], value)
      }
    }),
  )
})

test('a set of fields survives being written as FieldsV1', () => {
  fc.assert(
    fc.property(anyService, object => {
      const fields = fieldsOfObject('Service', object)
      assert.deepEqual(fieldsFromV1(JSON.parse(JSON.stringify(fieldsV1From(fields)))), fields)
    }),
  )
  for (const bad of [1, { x: {} }, { 'f:a': 1 }, { 'f:a\0f:b': {} }]) assert.throws(() => fieldsFromV1(bad))
})

test('who owns what of a list as long as a body can be is known in time that grows as it does', () => {
  const service = (name: string): JsonObject => ({
    spec: { ports: Array.from({ length: 50_000 }, (_, port) => ({ port, name })) },
  })
  const [owner, ...others] = managersOf(updateOwnership(change(service('a'), 'kubectl'), service('b')))
  assert.deepEqual(others, [])
  assert.equal(owner?.fields.size, 50_000)
})
