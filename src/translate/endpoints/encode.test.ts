import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Endpoint } from '../../discovery/endpoint.ts'
import { decodeExpanded, encodeMessage } from '../envoy-messages.ts'
import { endpointType } from '../type-urls.ts'
import { assignmentMessage, encodeAssignment } from './encode.ts'
import type { AssignmentIr } from './ir.ts'
import { localitiesOf } from './resolve.ts'

const text = fc.string({ maxLength: 300 })
const endpoint: fc.Arbitrary<Endpoint> = fc.record(
  {
    address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('unix:///run/a.sock')),
    port: fc.integer({ min: 0, max: 65_535 }),
    health: fc.constantFrom('healthy', 'unhealthy', 'draining'),
    locality: fc.record({
      region: fc.constantFrom('', 'eu', 'us'),
      zone: fc.constantFrom('', 'a', 'b'),
      subZone: text,
    }),
    weight: fc.integer({ min: 1, max: 1000 }),
    namespace: fc.constant('shop'),
    serviceAccount: fc.constant('store'),
    workloadName: text,
    tlsMode: fc.constantFrom('istio', 'disabled'),
    labels: fc.constant({}),
    network: fc.constant(''),
    cluster: fc.constant('Kubernetes'),
  },
  {
    requiredKeys: [
      'address',
      'port',
      'health',
      'weight',
      'namespace',
      'serviceAccount',
      'workloadName',
      'tlsMode',
      'labels',
      'network',
      'cluster',
    ],
  },
)

function assignmentOf(cluster: string, endpoints: readonly Endpoint[]): AssignmentIr {
  return { kind: 'endpoints', cluster, localities: localitiesOf(endpoints, { tlsModeOf: ({ tlsMode }) => tlsMode }) }
}

test('assembled bytes mean what the codec writes, for any endpoints', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 300 }),
      fc.array(endpoint, { maxLength: 12 }),
      (cluster, endpoints) => {
        const ir = assignmentOf(cluster, endpoints)
        const written = encodeMessage('envoy.config.endpoint.v3.ClusterLoadAssignment', assignmentMessage(ir))
        const assembled = encodeAssignment(ir)
        assert.deepEqual(decodeExpanded(endpointType, assembled), decodeExpanded(endpointType, written))
        assert.equal(assembled.length, written.length)
      },
    ),
  )
})

test('an endpoint that other lists hold already is copied, not encoded again', () => {
  const at = (i: number): Endpoint => ({
    address: `10.1.${i >> 8}.${i & 255}`,
    port: 8080,
    health: 'healthy',
    weight: 1,
    namespace: 'shop',
    serviceAccount: 'store',
    workloadName: `store-${i}`,
    tlsMode: 'istio',
    labels: { app: 'store' },
    network: '',
    cluster: 'Kubernetes',
  })
  const first = assignmentOf(
    'a',
    Array.from({ length: 1000 }, (_, i) => at(i)),
  )
  const second = assignmentOf(
    'b',
    Array.from({ length: 1001 }, (_, i) => at(i)),
  )
  // Interned: the same objects, whose bytes are remembered.
  assert.equal(first.localities[0]?.endpoints[500], second.localities[0]?.endpoints[500])
  assert.equal(encodeAssignment(second).length > encodeAssignment(first).length, true)
})
