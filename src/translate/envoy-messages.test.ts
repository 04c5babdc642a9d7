import assert from 'node:assert/strict'
import { test } from 'node:test'
import { any, decodeExpanded, encodeMessage } from './envoy-messages.ts'
import { clusterType } from './type-urls.ts'
import { durationFromMs, structFrom, wrapped } from './well-known.ts'

const cluster = 'envoy.config.cluster.v3.Cluster'

test('a field that the message does not have is refused with its path', () => {
  const encode = (plain: Record<string, unknown>) => () => encodeMessage(cluster, plain)
  assert.throws(encode({ nam: 'x' }), /envoy\.config\.cluster\.v3\.Cluster has no field nam$/)
  assert.throws(
    encode({ loadAssignment: { endpoints: [{}, { lbEndpoint: [] }] } }),
    /has no field loadAssignment\.endpoints\[1\]\.lbEndpoint$/,
  )
  assert.throws(
    encode({ metadata: { filterMetadata: { istio: { services: 'x' } } } }),
    /Struct has no field metadata\.filterMetadata\[istio\]\.services$/,
  )
})

test('an enum name that does not exist, a missing list, an undefined value and two of a oneof are refused', () => {
  assert.throws(() => encodeMessage(cluster, { type: 'EDSS' }), /has no value EDSS \(type\)/)
  assert.throws(() => encodeMessage(cluster, { transportSocketMatches: {} }), /transportSocketMatches is no list/)
  assert.throws(() => encodeMessage(cluster, { name: undefined }), /name is undefined/)
  assert.throws(
    () => encodeMessage(cluster, { type: 'EDS', clusterType: {} }),
    /type and clusterType exclude each other/,
  )
})

test('a message decodes to proto JSON with every Any expanded', () => {
  const bytes = encodeMessage(cluster, {
    name: 'c',
    lbPolicy: 'MAGLEV',
    connectTimeout: durationFromMs(1250.5),
    perConnectionBufferLimitBytes: wrapped(0),
    commonLbConfig: { healthyPanicThreshold: { value: 12.5 } },
    maglevLbConfig: { tableSize: wrapped(65_537) },
    metadata: {
      filterMetadata: { a: structFrom({ z: null, b: [1, 'x', true, { deep: {} }] }) },
    },
    clusterType: {
      name: 'envoy.clusters.dns',
      typedConfig: any('envoy.extensions.clusters.dns.v3.DnsCluster', { dnsJitter: durationFromMs(-1) }),
    },
    typedExtensionProtocolOptions: {
      unknown: { type_url: 'type.googleapis.com/no.such.Type', value: Buffer.from('x') },
      wrapper: { type_url: 'type.googleapis.com/google.protobuf.UInt32Value', value: Buffer.from([8, 7]) },
    },
  })
  assert.deepEqual(decodeExpanded(clusterType, bytes), {
    name: 'c',
    clusterType: {
      name: 'envoy.clusters.dns',
      typedConfig: {
        '@type': 'type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster',
        dnsJitter: '-0.001s',
      },
    },
    lbPolicy: 'MAGLEV',
    connectTimeout: '1.2505s',
    perConnectionBufferLimitBytes: 0,
    commonLbConfig: { healthyPanicThreshold: { value: 12.5 } },
    maglevLbConfig: { tableSize: '65537' },
    metadata: { filterMetadata: { a: { b: [1, 'x', true, { deep: {} }], z: null } } },
    typedExtensionProtocolOptions: {
      unknown: { '@type': 'type.googleapis.com/no.such.Type', value: 'eA==' },
      wrapper: { '@type': 'type.googleapis.com/google.protobuf.UInt32Value', value: 7 },
    },
  })
})

test('a name that a digit follows is spelled as proto JSON spells it', () => {
  const bytes = encodeMessage(cluster, { outlierDetection: { consecutive_5xx: wrapped(3) } })
  assert.deepEqual(decodeExpanded(clusterType, bytes), { outlierDetection: { consecutive5xx: 3 } })
})
