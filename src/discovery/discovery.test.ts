import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { meshConfigFrom } from '../config/mesh-config.ts'
import type { KindName } from '../config/object.ts'
import type { Collection } from '../graph/graph.ts'
import { destinationRuleOf } from './destination-rule.ts'
import { inboundTargetsOf } from './inbound.ts'
import { mtlsModeOf } from './peer-authentication.ts'
import { type ScopeRequest, scopeKeyOf } from './scope.ts'
import { createRig, parseYaml, putObjects, type Rig } from './testing/rig.ts'
import { virtualServiceFor } from './virtual-service.ts'

/** Small worlds, so that edits meet: two namespaces, two apps, two addresses. */
const namespace = fc.constantFrom('a', 'b')
const app = fc.constantFrom('x', 'y')
const name = fc.constantFrom('one', 'two')
const host = fc.constantFrom('x.example.com', 'y.example.com', 'one.a.svc.cluster.local')

const yaml: Readonly<Partial<Record<KindName, fc.Arbitrary<string>>>> = {
  Pod: fc.record({ app, node: fc.constantFrom('n1', 'n2'), ip: fc.integer({ min: 1, max: 3 }) }).map(
    pod => `
labels: {app: ${pod.app}}}
spec: {serviceAccountName: ${pod.app}, nodeName: ${pod.node}}
status: {phase: Running, podIP: 10.0.0.${pod.ip}}`,
  ),
  Service: fc.record({ app, port: fc.integer({ min: 80, max: 81 }), none: fc.boolean() }).map(
    service => `
annotations: {}}
spec: {${service.none ? 'clusterIP: None, ' : ''}selector: {app: ${service.app}}, ports: [{name: http, port: ${service.port}}]}`,
  ),
  EndpointSlice: fc.record({ name, ip: fc.integer({ min: 1, max: 3 }), ref: fc.boolean() }).map(
    slice => `
labels: {kubernetes.io/service-name: ${slice.name}}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [10.0.0.${slice.ip}]${slice.ref ? `, targetRef: {kind: Pod, name: ${slice.name}}` : ''}}]`,
  ),
  Node: fc.constantFrom('r1', 'r2').map(region => `\nlabels: {topology.kubernetes.io/region: ${region}}}`),
  WorkloadEntry: fc
    .record({ app, ip: fc.integer({ min: 1, max: 3 }) })
    .map(
      entry => `\nlabels: {}}\nspec: {address: 10.0.0.${entry.ip}, labels: {app: ${entry.app}}, serviceAccount: vm}`,
    ),
  ServiceEntry: fc
    .record({ host, app, kind: fc.constantFrom('selector', 'inline', 'dns'), exportTo: fc.constantFrom('*', '.') })
    .map(
      entry => `
labels: {}}
spec:
  hosts: [${entry.host}]
  location: MESH_INTERNAL
  resolution: ${entry.kind === 'dns' ? 'DNS' : 'STATIC'}
  ports: [{number: 80, name: http, protocol: HTTP}]
  exportTo: ['${entry.exportTo}']
  ${entry.kind === 'selector' ? `workloadSelector: {labels: {app: ${entry.app}}}` : entry.kind === 'inline' ? 'endpoints: [{address: 10.0.0.1}]' : ''}`,
    ),
  PeerAuthentication: fc
    .record({ app, mode: fc.constantFrom('STRICT', 'DISABLE'), all: fc.boolean() })
    .map(
      policy =>
        `\nlabels: {}}\nspec: {mtls: {mode: ${policy.mode}}${policy.all ? '' : `, selector: {matchLabels: {app: ${policy.app}}}`}}`,
    ),
  DestinationRule: fc
    .record({ host, mode: fc.constantFrom('SIMPLE', 'DISABLE') })
    .map(rule => `\nlabels: {}}\nspec: {host: ${rule.host}, trafficPolicy: {tls: {mode: ${rule.mode}}}}`),
  VirtualService: host.map(
    of => `\nlabels: {}}\nspec: {hosts: [${of}], http: [{route: [{destination: {host: x.example.com}}]}]}`,
  ),
  Sidecar: fc
    .constantFrom("'./*'", "'*/*.example.com'", "'a/*'", "'~/*'", "'*/*', '~a/*'")
    .map(imported => `\nlabels: {}}\nspec: {egress: [{hosts: [${imported}]}]}`),
}
const groups: Readonly<Record<string, string>> = {
  Pod: 'v1',
  Service: 'v1',
  Node: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  PeerAuthentication: 'security.istio.io/v1',
}

interface Edit {
  readonly kind: KindName
  readonly key: string
  /** Undefined: removed. */
  readonly yaml: string | undefined
}

const edit: fc.Arbitrary<Edit> = fc.oneof(
  ...Object.entries(yaml).map(([kind, body]) =>
    fc.record({ namespace, name, body: fc.option(body, { nil: undefined, freq: 3 }) }).map(chosen => {
      const scoped = kind === 'Node' ? '' : `, namespace: ${chosen.namespace}`
      const objectName = kind === 'Node' ? (chosen.name === 'one' ? 'n1' : 'n2') : chosen.name
      return {
        kind: kind as KindName,
        key: `${kind === 'Node' ? '' : chosen.namespace}/${objectName}`,
        yaml:
          chosen.body === undefined
            ? undefined
            : `apiVersion: ${groups[kind] ?? 'networking.istio.io/v1'}\nkind: ${kind}\nmetadata: {name: ${objectName}${scoped}, ${chosen.body.trim()}\n`,
      }
    }),
  ),
)

const scopeRequests: readonly ScopeRequest[] = [
  { namespace: 'a' },
  { namespace: 'b', sidecar: 'b/one' },
  { namespace: 'c', sidecar: 'a/one' },
]

function commit(rig: Rig, edits: readonly Edit[]): void {
  const parsed = edits.map(one => ({ ...one, objects: one.yaml === undefined ? [] : parseYaml(one.yaml) }))
  const { failures } = rig.graph.commit(() => {
    for (const one of parsed) {
      if (one.yaml === undefined) rig.sources[one.kind].remove(one.key)
      else putObjects(rig, one.objects)
    }
  })
  assert.deepEqual(failures, [])
}

function requestScopes(rig: Rig): void {
  rig.graph.commit(() => {
    for (const request of scopeRequests) rig.scopeRequests.put(scopeKeyOf(request), request)
  })
}

/** Everything that translation can learn. */
function picture(rig: Rig): unknown {
  const { facts } = rig
  const content = (collection: Collection<unknown>) => [...collection.entries()].sort(([a], [b]) => (a < b ? -1 : 1))
  const services = content(facts.services).map(([key]) => facts.services.get(key))
  return {
    services: content(facts.services),
    endpoints: content(facts.endpoints),
    accounts: content(facts.serviceAccounts),
    mtls: content(facts.serviceMtls),
    scopes: content(facts.scopes),
    notices: content(rig.notices),
    inbound: ['a', 'b'].flatMap(at =>
      [1, 2, 3].map(ip => inboundTargetsOf(facts, { namespace: at, ipAddresses: [`10.0.0.${ip}`] })),
    ),
    modes: ['a', 'b'].flatMap(at =>
      ['x', 'y'].map(label => mtlsModeOf(facts, { namespace: at, labels: { app: label } })),
    ),
    rules: services.map(service => service && destinationRuleOf(facts, 'a', service)),
    routes: services.map(service => service && virtualServiceFor(facts, 'a', service)?.metadata),
  }
}

test('after any edits the facts equal those of a mesh built from scratch', () => {
  fc.assert(
    fc.property(fc.array(fc.array(edit, { minLength: 1, maxLength: 4 }), { maxLength: 10 }), commits => {
      const live = createRig()
      requestScopes(live)
      for (const edits of commits) commit(live, edits)
      const fresh = createRig()
      const last = new Map(commits.flat().map(one => [`${one.kind} ${one.key}`, one]))
      commit(fresh, [...last.values()].reverse())
      requestScopes(fresh)
      assert.deepEqual(picture(live), picture(fresh))
    }),
    { numRuns: 60 },
  )
})

test('the settings of the mesh act on everything at once', () => {
  const rig = createRig(`
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: x, namespace: a}
spec:
  hosts: [x.example.com]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [{address: 10.0.0.1, serviceAccount: s}]
`)
  rig.graph.commit(() => rig.mesh.put('mesh', meshConfigFrom({ trustDomain: 'td', defaultServiceExportTo: ['.'] })))
  assert.deepEqual(rig.facts.serviceAccounts.get('a/x.example.com'), ['spiffe://td/ns/a/sa/s'])
  assert.deepEqual(rig.facts.services.get('a/x.example.com')?.exportTo, ['a'])
  assert.deepEqual(rig.scope({ namespace: 'b' }).services, [])
})

test('an object that only moved within its files changes nothing', () => {
  const text = 'apiVersion: v1\nkind: Service\nmetadata: {name: x, namespace: a}\nspec: {ports: [{port: 80}]}\n'
  const rig = createRig(text)
  assert.deepEqual([...rig.apply(`\n\n${text}`).changed], [])
})
