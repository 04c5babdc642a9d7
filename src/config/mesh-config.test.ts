import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeshwrightError } from '../platform/errors.ts'
import { defaultMeshConfig } from './mesh-config.ts'
import { parseMeshConfig } from './parse-mesh-config.ts'
import { formatProblem } from './problem.ts'

test('an empty file is the defaults', () => {
  assert.deepEqual(parseMeshConfig('', 'mesh.yaml'), { mesh: defaultMeshConfig, warnings: [] })
})

test('what is written replaces its default, message by message', () => {
  const { mesh, warnings } = parseMeshConfig(
    'trust_domain: photo.mesh\nconnectTimeout: 2s\npathNormalization: {normalization: 0}\nmeshMTLS: {minProtocolVersion: TLSV1_3}\ndefaultConfig: {drainDuration: 1s}\nmeshwright: {policyDelivery: INLINE}\n',
    'mesh.yaml',
  )
  assert.deepEqual(warnings, [])
  assert.deepEqual(mesh, {
    ...defaultMeshConfig,
    trustDomain: 'photo.mesh',
    connectTimeout: '2s',
    pathNormalization: { normalization: 'BASE' },
    meshMTLS: { ...defaultMeshConfig.meshMTLS, minProtocolVersion: 'TLSV1_3' },
    defaultConfig: { ...defaultMeshConfig.defaultConfig, drainDuration: '1s' },
    meshwright: { policyDelivery: 'INLINE' },
  })
})

test('settings that have no effect are named in warnings, at any depth', () => {
  const { warnings } = parseMeshConfig('enableTracing: true\ndefaultConfig:\n  tracing: {zipkin: {}}\n', 'mesh.yaml')
  assert.deepEqual(warnings.map(formatProblem), [
    'mesh.yaml:1:1: enableTracing: has no effect in this version',
    'mesh.yaml:3:3: defaultConfig.tracing: has no effect in this version',
  ])
})

const refusals: readonly [string, string, string][] = [
  ['trustDomain: a/b', 'trustDomain: a.b', '1:14: trustDomain'],
  ['rootNamespace: A', 'rootNamespace: a', '1:16: rootNamespace'],
  ['connectTimeout: 0s', 'connectTimeout: 1ms', '1:17: connectTimeout'],
  ['protocolDetectionTimeout: -1s', 'protocolDetectionTimeout: 0s', '1:27: protocolDetectionTimeout'],
  ['proxyListenPort: 15006', 'proxyListenPort: 15007', '1:1: proxyInboundListenPort'],
  ['proxyHttpPort: 65536', 'proxyHttpPort: 0', '1:16: proxyHttpPort'],
  [
    'outboundTrafficPolicy: {mode: ANY}',
    'outboundTrafficPolicy: {mode: REGISTRY_ONLY}',
    '1:31: outboundTrafficPolicy.mode',
  ],
  ['defaultServiceExportTo: [A]', 'defaultServiceExportTo: ["~"]', '1:26: defaultServiceExportTo[0]'],
  [
    'defaultHttpRetryPolicy: {attempts: -1}',
    'defaultHttpRetryPolicy: {attempts: 0}',
    '1:36: defaultHttpRetryPolicy.attempts',
  ],
  ['- a', '{}', '1:1: '],
  ['a: {', '{}', '1:5: '],
]

for (const [refused, accepted, place] of refusals) {
  test(`mesh settings are refused when they say ${refused}`, () => {
    assert.throws(
      () => parseMeshConfig(refused, 'mesh.yaml'),
      error =>
        error instanceof MeshwrightError &&
        error.code === 'MESH_CONFIG_INVALID' &&
        error.message.startsWith(`mesh.yaml:${place}`),
    )
    assert.doesNotThrow(() => parseMeshConfig(accepted, 'mesh.yaml'))
  })
}

const configMap = (mesh: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio}\ndata:\n  mesh: ${mesh}\n`

test('a ConfigMap is read at its key mesh, with places in the file', () => {
  const { mesh, warnings } = parseMeshConfig(configMap('|-\n    trustDomain: a.b\n    other: 1'), 'cm.yaml')
  assert.equal(mesh.trustDomain, 'a.b')
  assert.deepEqual(
    warnings.map(({ line, column }) => [line, column]),
    [[7, 5]],
  )
  assert.equal(parseMeshConfig(configMap('"trustDomain: a.b"'), 'cm.yaml').mesh.trustDomain, 'a.b')
  assert.throws(
    () => parseMeshConfig(configMap('|-\n    trustDomain: a/b'), 'cm.yaml'),
    /^.*cm\.yaml:6:18: trustDomain/,
  )
  assert.throws(() => parseMeshConfig('kind: ConfigMap\ndata: {}\n', 'cm.yaml'), /no text under data\.mesh/)
})

test('a setting of Istio that has no effect is told from one that nobody has', () => {
  const { warnings } = parseMeshConfig(
    'extensionProviders: []\ndefault_config: { tracing: {} }\nextensionProvider: []\n',
    'm.yaml',
  )
  assert.deepEqual(warnings.map(formatProblem), [
    'm.yaml:1:1: extensionProviders: has no effect in this version',
    'm.yaml:2:19: defaultConfig.tracing: has no effect in this version',
    'm.yaml:3:1: extensionProvider: has no effect: it is not a setting that is known here',
  ])
})
