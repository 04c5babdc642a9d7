import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type MeshConfigInput, meshConfigFrom } from '../../../config/mesh-config.ts'
import { parseConfigText } from '../../../config/parse.ts'
import { translateOffline } from '../../offline.ts'
import { testProxy } from '../../testing/test-world.ts'
import { clusterType } from '../../type-urls.ts'
import { outboundClustersKind } from './kind.ts'

const service = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: db, namespace: shop}
spec:
  hosts: [db.example.com]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}, {number: 90, name: tcp, protocol: TCP}]
  endpoints: [{address: 10.0.0.7, serviceAccount: db}, {address: 10.0.0.8, serviceAccount: standby}]
---`

const rule = (tls: string): string => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: db, namespace: shop}
spec: {host: db.example.com, trafficPolicy: {tls: ${tls}}}
---`

interface Context {
  readonly commonTlsContext: {
    readonly combinedValidationContext?: {
      readonly defaultValidationContext: {
        readonly matchTypedSubjectAltNames?: readonly unknown[]
        readonly crl?: unknown
      }
      readonly validationContextSdsSecretConfig?: { readonly name: string }
    }
  }
}

interface Socket {
  readonly name: string
  readonly typedConfig: Context
}

interface Cluster {
  readonly name: string
  readonly transportSocket?: Socket
  readonly transportSocketMatches?: readonly { readonly name: string; readonly transportSocket: Socket }[]
}

function clusters(yaml: string, mesh: MeshConfigInput = {}): readonly Cluster[] {
  const { objects } = parseConfigText(service + yaml, 'test.yaml')
  const found = translateOffline({
    objects,
    mesh: meshConfigFrom(mesh),
    proxy: testProxy('shop'),
    kinds: [outboundClustersKind],
  })
  const all = (found[clusterType] ?? []).map(({ resource }) => resource as unknown as Cluster)
  assert.deepEqual(all.map(({ name }) => name).sort(), ['outbound|80||db.example.com', 'outbound|90||db.example.com'])
  return all
}

const names = (socket: Socket | undefined): readonly unknown[] =>
  socket?.typedConfig.commonTlsContext.combinedValidationContext?.defaultValidationContext.matchTypedSubjectAltNames ??
  []

const exactly = (...identities: readonly string[]): readonly unknown[] =>
  identities.map(exact => ({ sanType: 'URI', matcher: { exact } }))

describe('CVE-2021-32574: a client of the mesh names who may answer', () => {
  const accounts = exactly('spiffe://cluster.local/ns/shop/sa/db', 'spiffe://cluster.local/ns/shop/sa/standby')

  test('with automatic mutual TLS', () => {
    for (const { transportSocketMatches = [] } of clusters('')) {
      const mutual = transportSocketMatches.find(({ name }) => name === 'tlsMode-istio')
      assert.deepEqual(names(mutual?.transportSocket), accounts)
    }
  })

  test('where a rule demands it', () => {
    for (const { transportSocket } of clusters(rule('{mode: ISTIO_MUTUAL}'))) {
      assert.deepEqual(names(transportSocket), accounts)
    }
  })

  test('and where a rule names others, those alone', () => {
    const named = rule('{mode: ISTIO_MUTUAL, subjectAltNames: ["spiffe://cluster.local/ns/x/sa/y"]}')
    for (const { transportSocket } of clusters(named)) {
      assert.deepEqual(names(transportSocket), exactly('spiffe://cluster.local/ns/x/sa/y'))
    }
  })
})

describe('GHSA-qm8v-g4f9-qhjx: what a rule asks for and cannot be had is never given up in silence', () => {
  for (const tls of [
    '{mode: ISTIO_MUTUAL}',
    '{mode: SIMPLE}',
    '{mode: SIMPLE, caCertificates: /nowhere.pem}',
    '{mode: SIMPLE, credentialName: no-such-secret}',
    '{mode: MUTUAL, credentialName: no-such-secret}',
    '{mode: MUTUAL, clientCertificate: /no.pem, privateKey: /no.key, caCertificates: /nowhere.pem}',
  ]) {
    test(`${tls} is TLS with a server that is verified`, () => {
      for (const { transportSocket, transportSocketMatches } of clusters(rule(tls), { enableAutoMtls: false })) {
        assert.equal(transportSocketMatches, undefined)
        assert.equal(transportSocket?.name, 'envoy.transport_sockets.tls')
        const { combinedValidationContext } = transportSocket.typedConfig.commonTlsContext
        assert.ok(combinedValidationContext?.validationContextSdsSecretConfig !== undefined)
      }
    })
  }

  test('revocation lists that a rule names are looked at', () => {
    const listed = rule('{mode: SIMPLE, caCertificates: /roots.pem, caCrl: /lists.pem}')
    for (const { transportSocket } of clusters(listed)) {
      const { combinedValidationContext: context } = transportSocket?.typedConfig.commonTlsContext ?? {}
      assert.equal(context?.validationContextSdsSecretConfig?.name, 'file-root:/roots.pem')
      assert.deepEqual(context.defaultValidationContext?.crl, { filename: '/lists.pem' })
    }
  })

  test('a credential that no sidecar reads is a warning to its author', () => {
    const { problems } = parseConfigText(rule('{mode: SIMPLE, credentialName: secret}'), 'test.yaml')
    assert.deepEqual(
      problems.map(({ severity, field }) => `${severity} ${field}`),
      ['warning spec.trafficPolicy.tls.credentialName'],
    )
  })
})
