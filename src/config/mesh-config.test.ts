import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { MeshwrightError } from '../platform/errors.ts'
import { providerKindOf } from './mesh/extension-provider.ts'
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
  assert.deepEqual(
    warnings.map(({ field }) => field),
    ['defaultConfig.drainDuration'],
  )
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
  const { warnings } = parseMeshConfig(
    'enableTracing: true\ndefaultConfig:\n  tracing: {zipkin: {address: "a:1"}}\n',
    'mesh.yaml',
  )
  assert.deepEqual(warnings.map(formatProblem), [
    'mesh.yaml:1:16: enableTracing: is not in force yet: no traces are made yet',
    'mesh.yaml:3:3: defaultConfig.tracing: is not in force yet: agents start their Envoy by their own options',
  ])
})

const malformed: readonly [string, string][] = [
  ['- a', '1:1: must be a mapping'],
  ['a: {', '1:5: '],
  ['a: 1\n---\nb: 1', '3:1: mesh settings are one document'],
  ['trustDomain: [a]', '1:14: trustDomain: must be a single value'],
]

for (const [text, complaint] of malformed) {
  test(`mesh settings are refused when they are ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseMeshConfig(text, 'mesh.yaml'),
      error =>
        error instanceof MeshwrightError &&
        error.code === 'MESH_CONFIG_INVALID' &&
        error.message.includes(`mesh.yaml:${complaint}`),
    )
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

test('a setting that nobody has is named with the one that was meant', () => {
  const { warnings } = parseMeshConfig(
    'extensionProvider: []\naccess_log_fiel: a\ntracing: {}\ndefaultConfig: { tracng: {} }\nmixerCheckServer: a\n',
    'm.yaml',
  )
  assert.deepEqual(warnings.map(formatProblem), [
    'm.yaml:1:1: extensionProvider: has no effect: it is not a setting that is known here; did you mean extensionProviders?',
    'm.yaml:2:1: access_log_fiel: has no effect: it is not a setting that is known here; did you mean accessLogFile?',
    'm.yaml:3:1: tracing: has no effect: it is not a setting that is known here; did you mean defaultConfig.tracing?',
    'm.yaml:4:18: defaultConfig.tracng: has no effect: it is not a setting that is known here; did you mean tracing?',
    'm.yaml:5:1: mixerCheckServer: has no effect: it is not a setting that is known here',
  ])
})

test('providers are merged with those that are always there, by name', () => {
  const { mesh } = parseMeshConfig(
    'extensionProviders: [{name: envoy, envoyHttpAls: {service: a.b, port: 1}}, {name: z, zipkin: {service: a.b, port: 1}}]',
    'm.yaml',
  )
  assert.deepEqual(
    mesh.extensionProviders.map(provider => `${provider.name} ${providerKindOf(provider)}`),
    ['prometheus prometheus', 'stackdriver stackdriver', 'envoy envoyHttpAls', 'z zipkin'],
  )
})

test('a token is in no dump of the settings', () => {
  const { mesh } = parseMeshConfig(
    'extensionProviders: [{name: a, skywalking: {service: a.b, port: 1, accessToken: sesame}}]',
    'm.yaml',
  )
  assert.doesNotMatch(`${JSON.stringify(mesh)}${inspect(mesh, { depth: 9 })}`, /sesame|115, ?101/)
})
