import assert from 'node:assert/strict'
import test from 'node:test'
import { createRig, type Rig } from './testing/rig.ts'

const policy = (spec: string, namespace = 'shop', name = 'p'): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}
---`

const peers = (spec: string, namespace = 'shop', name = 'default'): string => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}
---`

const strict = '{mtls: {mode: STRICT}}'
const denial = policy('{action: DENY, rules: [{from: [{source: {namespaces: [evil]}}]}]}')

const fields = (rig: Rig): readonly string[] => [...rig.notices.values()].flat().map(({ field }) => field)

const evaded: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'a denial that names callers',
    '{action: DENY, rules: [{from: [{source: {namespaces: [evil]}}, {source: {ipBlocks: [10.0.0.0/8]}}]}]}',
    ['spec.rules[0].from[0].source.namespaces'],
  ],
  [
    'a denial that names callers in a condition',
    '{action: DENY, rules: [{to: [{operation: {ports: ["80"]}}]}, {when: [{key: source.principal, values: [a]}]}]}',
    ['spec.rules[1].when[0].values'],
  ],
  [
    'a permission for all but some callers',
    '{rules: [{from: [{source: {notPrincipals: [a]}}, {source: {notServiceAccounts: [b]}}]}]}',
    ['spec.rules[0].from[0].source.notPrincipals', 'spec.rules[0].from[1].source.notServiceAccounts'],
  ],
  [
    'a permission for all but some callers by a condition',
    '{rules: [{when: [{key: source.namespace, notValues: [a]}]}]}',
    ['spec.rules[0].when[0].notValues'],
  ],
]
for (const [what, spec, wanted] of evaded) {
  test(`2021-004: the author of ${what} is told, unless the workloads demand mutual TLS`, () => {
    const rig = createRig(policy(spec))
    assert.deepEqual(fields(rig), wanted)
    rig.apply(peers(strict))
    assert.deepEqual(fields(rig), [])
    rig.remove('PeerAuthentication', 'shop/default')
    assert.deepEqual(fields(rig), wanted)
  })
}

test('2021-004: what clear text cannot get around needs no word', () => {
  for (const spec of [
    '{rules: [{from: [{source: {principals: [a]}}]}]}',
    '{rules: [{from: [{source: {namespaces: [a], notPrincipals: [b]}}]}]}',
    '{rules: [{from: [{source: {namespaces: [a]}}], when: [{key: source.principal, notValues: [b]}]}]}',
    '{rules: [{from: [{source: {notPrincipals: [b]}}], when: [{key: source.trustDomain, values: [a]}]}]}',
    '{action: DENY, rules: [{from: [{source: {notNamespaces: [a]}}]}]}',
    '{action: DENY, rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}]}',
    '{action: AUDIT, rules: [{from: [{source: {namespaces: [a]}}]}]}',
  ]) {
    assert.deepEqual(fields(createRig(policy(spec))), [], spec)
  }
})

test('2021-004: mutual TLS is proven for every workload that the policy may select, or not at all', () => {
  const selecting = policy(
    '{selector: {matchLabels: {app: web}}, action: DENY, rules: [{from: [{source: {namespaces: [evil]}}]}]}',
  )
  const cases: readonly (readonly [string, string, string, boolean])[] = [
    ['of the mesh', denial, peers(strict, 'istio-system'), true],
    ['of another namespace', denial, peers(strict, 'bank'), false],
    [
      'but for one workload',
      denial,
      peers(strict) + peers('{selector: {matchLabels: {a: b}}, mtls: {mode: PERMISSIVE}}', 'shop', 'x'),
      false,
    ],
    [
      'but for one port',
      denial,
      peers(strict) + peers('{selector: {matchLabels: {a: b}}, portLevelMtls: {80: {mode: DISABLE}}}', 'shop', 'x'),
      false,
    ],
    [
      'of the selected workloads',
      selecting,
      peers(`{selector: {matchLabels: {app: web}}, mtls: {mode: STRICT}}`),
      true,
    ],
    ['of some of them', selecting, peers(`{selector: {matchLabels: {app: web, v: a}}, mtls: {mode: STRICT}}`), false],
    [
      'but for workloads that it does not select',
      selecting,
      peers(strict) + peers('{selector: {matchLabels: {app: db}}, mtls: {mode: DISABLE}}', 'shop', 'x'),
      true,
    ],
    [
      'but for workloads that it may select too, by the root namespace',
      selecting,
      peers(strict) + peers('{selector: {matchLabels: {v: a}}, mtls: {mode: DISABLE}}', 'istio-system', 'x'),
      false,
    ],
  ]
  for (const [what, given, peerAuthentications, proven] of cases) {
    assert.equal(fields(createRig(given + peerAuthentications)).length === 0, proven, what)
  }
})

test('2021-004: a policy of the root namespace is for all namespaces, and so is the proof', () => {
  const wide = policy('{action: DENY, rules: [{from: [{source: {namespaces: [evil]}}]}]}', 'istio-system')
  const rig = createRig(wide + peers(strict, 'istio-system'))
  assert.deepEqual(fields(rig), [])
  rig.apply(peers('{mtls: {mode: PERMISSIVE}}', 'bank'))
  assert.equal(fields(rig).length, 1)
})
