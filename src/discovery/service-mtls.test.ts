import assert from 'node:assert/strict'
import test from 'node:test'
import { createRig } from './testing/rig.ts'

const strict = (namespace: string, selector = ''): string => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: ${namespace}}
spec: {mtls: {mode: STRICT}${selector}}
---`

const entry = (spec: string): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: x, namespace: shop}
spec: {hosts: [x.example.com], ports: [{number: 80, name: http, protocol: HTTP}], ${spec}}
---`

const inside = 'location: MESH_INTERNAL, resolution: STATIC'

const cases: readonly (readonly [string, string, string])[] = [
  ['a service inside the mesh takes both', entry(inside), 'PERMISSIVE'],
  ['the policy of the namespace counts', entry(inside) + strict('shop'), 'STRICT'],
  ['the policy of the mesh counts', entry(inside) + strict('istio-system'), 'STRICT'],
  [
    'a policy with a selector does not count',
    entry(inside) + strict('shop', ', selector: {matchLabels: {app: x}}'),
    'PERMISSIVE',
  ],
  ['of a service outside the mesh nothing is known', entry('resolution: DNS') + strict('istio-system'), 'UNKNOWN'],
  [
    'without a choice of endpoints and without endpoints there is no mutual TLS',
    entry('location: MESH_INTERNAL, resolution: NONE') + strict('shop'),
    'DISABLE',
  ],
]
for (const [name, yaml, expected] of cases) {
  test(name, () => assert.equal(createRig(yaml).facts.serviceMtls.get('shop/x.example.com'), expected))
}

const headless = (tlsModes: readonly string[]): string => `
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}
---
${tlsModes
  .map(
    (mode, index) => `
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: w${index}, namespace: shop}
spec: {address: 192.0.2.${index}, labels: {app: db, security.istio.io/tlsMode: ${mode}}}
---`,
  )
  .join('')}`

test('a headless service has mutual TLS only when each endpoint has a sidecar', () => {
  const mode = (...modes: string[]) =>
    createRig(headless(modes)).facts.serviceMtls.get('shop/db.shop.svc.cluster.local')
  assert.equal(mode('istio', 'istio'), 'PERMISSIVE')
  assert.equal(mode('istio', 'disabled'), 'DISABLE')
  assert.equal(mode(), 'DISABLE')
})

test('endpoints of a service that is balanced do not wake its mode', () => {
  const rig = createRig(entry(`${inside}, endpoints: [{address: 192.0.2.1}]`))
  const report = rig.apply(entry(`${inside}, endpoints: [{address: 192.0.2.2}]`))
  assert.equal(report.recomputed.get('serviceMtls'), undefined)
})

test('secure naming lists each identity once, under the trust domain and its aliases', () => {
  const rig = createRig(
    entry(
      `${inside}, subjectAltNames: [x.example.com, 'spiffe://old.td/ns/a/sa/b'], endpoints: [{address: 192.0.2.1, serviceAccount: s}, {address: 192.0.2.2, serviceAccount: s}, {address: 192.0.2.3}]`,
    ),
    { trustDomain: 'new.td', trustDomainAliases: ['old.td'] },
  )
  assert.deepEqual(rig.facts.serviceAccounts.get('shop/x.example.com'), [
    'spiffe://new.td/ns/a/sa/b',
    'spiffe://new.td/ns/shop/sa/s',
    'spiffe://old.td/ns/a/sa/b',
    'spiffe://old.td/ns/shop/sa/s',
    'x.example.com',
  ])
})
