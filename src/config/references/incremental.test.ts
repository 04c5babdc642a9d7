/** What a change costs, and that changes one by one end where a fresh build does. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Problem } from '../problem.ts'
import { createReferences, type ObjectChange, type References } from './references.ts'
import { objectsOf, shownFindings } from './testing/scenes.ts'

const services = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `Service shop/s${i}: spec: {selector: {app: s${i}}, ports: [{port: 80}]}`)
const routes = (count: number): readonly string[] =>
  Array.from(
    { length: count },
    (_, i) =>
      `VirtualService shop/r${i}: spec: {hosts: [s${i}], http: [{route: [{destination: {host: s${i}, subset: v1}}]}]}`,
  )
const rules = (count: number): readonly string[] =>
  Array.from(
    { length: count },
    (_, i) => `DestinationRule shop/d${i}: spec: {host: s${i}, subsets: [{name: v1, labels: {version: v1}}]}`,
  )
const pods = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `Pod shop/p${i}: {app: s${i}, version: v1}`)
const policies = (count: number): readonly string[] =>
  Array.from(
    { length: count },
    (_, i) => `AuthorizationPolicy shop/a${i}: spec: {selector: {matchLabels: {app: s${i}}}}`,
  )

const apply = (references: References, ...lines: readonly string[]) => {
  const { checked, changed } = references.apply({ changes: objectsOf(lines) })
  return { checked: Object.fromEntries([...checked].filter(([name]) => name.endsWith(' references'))), changed }
}

test('a change costs the objects that name it, of a mesh of hundreds', () => {
  const many = 200
  const references = createReferences()
  apply(references, ...services(many), ...routes(many), ...rules(many), ...pods(many), ...policies(many))
  assert.equal(references.size, 0)

  // Another port: the route and the rule for this host are looked at again, and nothing else.
  const port = apply(references, 'Service shop/s7: spec: {selector: {app: s7}, ports: [{port: 81}]}')
  assert.deepEqual(port, { checked: { 'VirtualService references': 1, 'DestinationRule references': 1 }, changed: [] })

  // The rule loses the subset: of the route it is told.
  const subset = apply(references, 'DestinationRule shop/d7: spec: {host: s7}')
  assert.deepEqual(subset, {
    checked: { 'VirtualService references': 1, 'DestinationRule references': 1 },
    changed: ['VirtualService/shop/r7'],
  })

  // One more pod like another is no change at all; one with other labels is one for those who select by them.
  assert.deepEqual(apply(references, 'Pod shop/q: {app: s7, version: v1}').checked, {})
  assert.deepEqual(apply(references, 'Pod shop/q: {app: s7, version: v2}').checked, {
    'DestinationRule references': 1,
    'AuthorizationPolicy references': 1,
  })
})

test('an object that is removed is told of no more, and those that named it are', () => {
  const references = createReferences()
  apply(references, ...services(2), ...routes(1), ...rules(1))
  references.apply({ changes: [{ kind: 'Service', key: 'shop/s0', object: undefined }] })
  assert.deepEqual(shownFindings(references), [
    'DestinationRule shop/d0 spec.host HOST_NOT_FOUND',
    'VirtualService shop/r0 spec.hosts[0] HOST_NOT_FOUND',
    'VirtualService shop/r0 spec.http[0].route[0].destination.host HOST_NOT_FOUND',
  ])
  references.apply({ changes: [{ kind: 'VirtualService', key: 'shop/r0', object: undefined }] })
  assert.deepEqual(shownFindings(references), ['DestinationRule shop/d0 spec.host HOST_NOT_FOUND'])
})

test('what a change brings is told of the objects themselves, and of others where it is new', () => {
  const references = createReferences()
  apply(references, ...services(2), ...routes(2), ...rules(1))
  assert.deepEqual(references.all().map(shownProblem), ['r1 SUBSET_NOT_FOUND'])
  const told = (...lines: readonly string[]): readonly string[] =>
    references.applyTelling(objectsOf(lines)).problems.map(shownProblem)
  assert.deepEqual(told('Service shop/s0: spec: {ports: [{port: 81}]}'), [])
  assert.deepEqual(told(...routes(2)), ['r1 SUBSET_NOT_FOUND'])
  assert.deepEqual(told('DestinationRule shop/d0: spec: {host: s}'), ['d0 HOST_NOT_FOUND', 'r0 SUBSET_NOT_FOUND'])
  assert.deepEqual(told('VirtualService shop/t: spec: {hosts: [s1], http: [{redirect: {uri: /}}]}'), [
    't HOST_CONFLICT',
    'r1 HOST_CONFLICT',
  ])
  const gone = references.applyTelling([{ kind: 'Service', key: 'shop/s0', object: undefined }])
  assert.deepEqual(gone.problems.map(shownProblem), ['r0 HOST_NOT_FOUND', 'r0 HOST_NOT_FOUND'])
})

const shownProblem = ({ name, code }: Problem): string => `${name} ${code}`

test('of many that claim one host each is told of a few of the others and of their number, and an edit of one checks one', () => {
  const many = 300
  const references = createReferences()
  const claims = Array.from({ length: many }, (_, i) => [
    `VirtualService shop/v${i}: spec: {hosts: [s0], http: [{timeout: 1s, route: [{destination: {host: s0}}]}]}`,
    `DestinationRule shop/d${i}: spec: {host: s0, subsets: [{name: v${i}, labels: {version: v${i}}}]}`,
  ])
  apply(references, ...services(1), ...claims.flat())
  const told = references.problemsOf({ kind: 'VirtualService', namespace: 'shop', name: 'v7' })
  assert.match(
    told.map(({ reason }) => reason).join(),
    /shop\/v0, shop\/v1, shop\/v10, shop\/v100, shop\/v101 and 294 more/,
  )
  const edit = apply(
    references,
    'VirtualService shop/v7: spec: {hosts: [s0], http: [{timeout: 2s, route: [{destination: {host: s0}}]}]}',
  )
  assert.deepEqual(edit, { checked: { 'VirtualService references': 1 }, changed: [] })
})

const variants: readonly string[] = [
  ...services(2),
  'Service shop/s0: spec: {ports: [{port: 80, name: a}, {port: 81, name: b}]}',
  'Service team/s0: spec: {ports: [{port: 80}]}',
  ...routes(2),
  'VirtualService shop/r0: spec: {hosts: [s0], exportTo: ["."], http: [{delegate: {name: r1}}]}',
  'VirtualService shop/r1: spec: {http: [{route: [{destination: {host: s0.team.svc.cluster.local}}]}]}',
  'VirtualService team/r: spec: {hosts: [s0.shop.svc.cluster.local], http: [{route: [{destination: {host: a.example.com}}]}]}',
  'ServiceEntry team/e: spec: {hosts: ["*.example.com"], ports: [{number: 80, name: http}], resolution: NONE}',
  'ServiceEntry team/e: spec: {hosts: [a.example.com], ports: [{number: 80, name: http}], resolution: STATIC, exportTo: ["."], workloadSelector: {labels: {app: s1}}}',
  ...rules(2),
  'DestinationRule shop/d0: spec: {host: s0}',
  'DestinationRule shop/d1: spec: {host: s0, subsets: [{name: v1, labels: {version: v2}}]}',
  'DestinationRule team/d: spec: {host: "*.example.com", exportTo: [shop]}',
  ...pods(2),
  'Pod shop/p0: {app: s0, version: v2}',
  'WorkloadEntry team/w: spec: {address: 10.0.0.1, labels: {app: s1}}',
  ...policies(2),
  'PeerAuthentication shop/a: spec: {mtls: {mode: STRICT}}',
  'PeerAuthentication shop/b: spec: {mtls: {mode: STRICT}}',
  'Secret shop/c: stringData: {tls.crt: a, tls.key: b}',
  'Secret shop/c: stringData: {cacert: a}',
  'Gateway shop/g: spec: {selector: {app: s0}, servers: [{hosts: ["*"], port: {number: 443, name: a, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: c}}]}',
  'Gateway shop/h: spec: {servers: [{hosts: ["*"], port: {number: 443, name: b, protocol: HTTP}}]}',
  'Gateway team/h: spec: {selector: {version: v1}, servers: [{hosts: ["*"], port: {number: 443, name: b, protocol: TLS}, tls: {mode: PASSTHROUGH}}]}',
  'VirtualService shop/e: spec: {hosts: [b.example.com], gateways: [g], http: [{route: [{destination: {host: s0}}]}]}',
  'VirtualService team/e: spec: {hosts: [b.example.com], gateways: [shop/g], http: [{match: [{uri: {prefix: /}}], route: [{destination: {host: s0}}]}]}',
  'EnvoyFilter shop/f: spec: {workloadSelector: {labels: {app: s1}}, configPatches: [{applyTo: CLUSTER, match: {context: GATEWAY, cluster: {service: s0.shop.svc.cluster.local, subset: v1}}, patch: {operation: MERGE, value: {connect_timeout: 1s}}}]}',
  'WorkloadGroup team/w: spec: {template: {labels: {app: s1}, serviceAccount: a}}',
  'ServiceAccount team/a: automountServiceAccountToken: true',
  'ServiceAccount shop/a: automountServiceAccountToken: true',
  'Telemetry shop/a: spec: {}',
  'Telemetry shop/b: spec: {}',
  'WasmPlugin shop/w: spec: {url: "oci://example.com/w", imagePullSecret: c}',
  'Ingress shop/i: spec: {defaultBackend: {service: {name: s0, port: {number: 81}}}, tls: [{secretName: c}]}',
  'Sidecar team/a: spec: {egress: [{hosts: ["shop/*", "*/a.example.com"]}]}',
  'Sidecar team/b: spec: {egress: [{hosts: ["shop/s0.shop.svc.cluster.local"]}]}',
]

test('whatever the order of changes, what is told is that of a fresh build', () => {
  const all = variants.map(line => objectsOf([line])[0]).filter(change => change !== undefined)
  const edit = fc
    .tuple(fc.constantFrom(...all), fc.boolean())
    .map(([change, put]): ObjectChange => (put ? change : { ...change, object: undefined }))
  fc.assert(
    fc.property(fc.array(fc.array(edit, { minLength: 1, maxLength: 4 }), { maxLength: 25 }), batches => {
      const references = createReferences()
      const inForce = new Map<string, ObjectChange>()
      for (const changes of batches) {
        const { problems } = references.applyTelling(changes)
        const after = new Set(references.all().map(problem => JSON.stringify(problem)))
        for (const problem of problems) assert.ok(after.has(JSON.stringify(problem)))
        for (const change of changes) inForce.set(`${change.kind}/${change.key}`, change)
      }
      const fresh = createReferences()
      fresh.apply({ changes: [...inForce.values()] })
      assert.deepEqual(references.all(), fresh.all())
    }),
    { numRuns: 150 },
  )
})
