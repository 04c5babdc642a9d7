/** What is translated, in front of Envoy's own checks: every golden case's clusters and endpoints in one bootstrap. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { defaultEnvoyCache } from '../../src/agent/envoy/install.ts'
import { locateEnvoy } from '../../src/agent/envoy/locate.ts'
import { inboundClustersKind } from '../../src/translate/clusters/inbound/kind.ts'
import { outboundClustersKind } from '../../src/translate/clusters/outbound/kind.ts'
import { passthroughClustersKind } from '../../src/translate/clusters/passthrough/kind.ts'
import { endpointsKind } from '../../src/translate/endpoints/kind.ts'
import type { Json } from '../../src/translate/message-json.ts'
import { readGoldenInput } from '../support/golden.ts'
import { translatedOutputs } from '../support/translate-golden.ts'

type JsonRecord = { readonly [key: string]: Json }

const translate = path.join(import.meta.dirname, '../../src/translate')
let directory = ''
let envoy = ''

before(async () => {
  const located = await locateEnvoy({
    envoyPath: process.env.ENVOY_PATH,
    cacheDirectory: defaultEnvoyCache(process.env),
    environment: process.env,
  })
  assert.ok(located !== undefined, 'no Envoy: run `meshwright envoy install` or set ENVOY_PATH')
  envoy = located.path
  directory = mkdtempSync(path.join(tmpdir(), 'meshwright-envoy-'))
})

after(() => rmSync(directory, { recursive: true, force: true }))

test('Envoy accepts the clusters of every golden case, without a word about deprecation', () => {
  const clusters = ['outbound', 'inbound', 'passthrough'].flatMap(folder =>
    translatedCases(path.join(translate, 'clusters', folder, 'testdata'), {
      clusters: [outboundClustersKind, inboundClustersKind, passthroughClustersKind],
    }),
  )
  assert.ok(clusters.length > 20, `only ${clusters.length} clusters`)
  const { status, log } = validate(clusters)
  assert.equal(status, 0, log)
  assert.doesNotMatch(log, /deprecat/i)
})

test('Envoy accepts the endpoints of every golden case', () => {
  const assignments = translatedCases(path.join(translate, 'endpoints/testdata'), { endpoints: [endpointsKind] })
  assert.ok(assignments.length > 5, `only ${assignments.length} assignments`)
  const clusters = assignments.map((loadAssignment, i) => ({ name: `c${i}`, type: 'STATIC', loadAssignment }))
  const { status, log } = validate(clusters)
  assert.equal(status, 0, log)
  assert.doesNotMatch(log, /deprecat/i)
})

test('these checks see a cluster that Envoy refuses, and one that it calls deprecated', () => {
  assert.notEqual(validate([{ name: 'x', type: 'STATIC', edsClusterConfig: {} }]).status, 0)
  assert.match(validate([{ name: 'x', type: 'STRICT_DNS', respectDnsTtl: true }]).log, /deprecat/i)
})

function translatedCases(folder: string, kinds: Parameters<typeof translatedOutputs>[1]): readonly JsonRecord[] {
  return readdirSync(folder).flatMap(name => {
    const input = readGoldenInput(path.join(folder, name))
    const outputs = translatedOutputs(input, kinds)
    return Object.values(outputs).flatMap(resources =>
      // Names are unique within a case only.
      (resources as readonly JsonRecord[]).map(resource =>
        resource.name === undefined ? resource : { ...resource, name: `${name}/${String(resource.name)}` },
      ),
    )
  })
}

function validate(clusters: readonly unknown[]): { readonly status: number | null; readonly log: string } {
  const file = path.join(directory, 'bootstrap.json')
  const grpc = (name: string) => ({ envoyGrpc: { clusterName: name } })
  const agent = (name: string) => ({
    name,
    type: 'STATIC',
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicitHttpConfig: { http2ProtocolOptions: {} },
      },
    },
    loadAssignment: {
      clusterName: name,
      endpoints: [{ lbEndpoints: [{ endpoint: { address: { pipe: { path: '/nowhere' } } } }] }],
    },
  })
  writeFileSync(
    file,
    JSON.stringify({
      node: { id: 'sidecar~10.0.0.1~a.b~b.svc.cluster.local', cluster: 'a.b' },
      dynamicResources: {
        adsConfig: { apiType: 'DELTA_GRPC', transportApiVersion: 'V3', grpcServices: [grpc('xds-grpc')] },
      },
      staticResources: { clusters: [agent('xds-grpc'), agent('sds-grpc'), ...clusters] },
    }),
  )
  const { status, stdout, stderr } = spawnSync(envoy, ['--mode', 'validate', '-c', file], { encoding: 'utf8' })
  return { status, log: stdout + stderr }
}
