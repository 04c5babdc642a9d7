import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resourceKinds } from './kinds.ts'
import { createTestWorld, held, testProxy } from './testing/test-world.ts'
import { clusterType, endpointType, extensionConfigType, listenerType } from './type-urls.ts'

const inNamespace = (namespace: string): string => `
apiVersion: v1
kind: Service
metadata: {name: vault, namespace: ${namespace}, annotations: {networking.istio.io/exportTo: .}}
spec: {clusterIP: 10.96.0.9, selector: {app: vault}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: vault-1, namespace: ${namespace}, labels: {app: vault}}
spec: {serviceAccountName: vault, containers: [{name: app}]}
status: {podIP: 10.0.0.9, phase: Running, conditions: [{type: Ready, status: 'True'}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: vault, namespace: ${namespace}}
spec: {selector: {matchLabels: {app: vault}}, action: DENY, rules: [{from: [{source: {notPrincipals: [a]}}]}]}
---`

const secretType = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret'

/** All that a proxy may say of itself, said as the pod of the other namespace would. */
const posing = {
  name: 'vault-1',
  ipAddresses: ['10.0.0.9'],
  labels: { app: 'vault' },
  dnsDomain: 'bank.svc.cluster.local',
}

test('CVE-2021-34824: no proxy is given what another namespace keeps to itself, whatever it says of itself', () => {
  const world = createTestWorld(resourceKinds)
  world.apply(inNamespace('bank'))
  const own = world.translation.connect(testProxy('bank', posing))
  assert.ok('outbound|80||vault.bank.svc.cluster.local' in held(own, clusterType))
  assert.ok('inbound|8080||' in held(own, clusterType))

  const intruder = world.translation.connect(testProxy('evil', posing))
  const stranger = world.translation.connect(testProxy('evil'))
  for (const typeUrl of [clusterType, endpointType]) {
    const names = Object.keys(held(intruder, typeUrl))
    assert.deepEqual(
      names.filter(name => name.includes('vault') || name.startsWith('inbound|8080')),
      [],
    )
    assert.deepEqual(held(intruder, typeUrl), held(stranger, typeUrl))
  }
  // Of the other namespace's policies nothing is in its own.
  const policies = (proxy: typeof own) => held(proxy, extensionConfigType)
  assert.deepEqual(policies(intruder), policies(stranger))
  assert.notDeepEqual(policies(intruder), policies(own))
  assert.notDeepEqual(held(intruder, listenerType), held(own, listenerType))
})

test('CVE-2021-34824: keys and certificates are in no table at all', () => {
  assert.deepEqual(
    resourceKinds.filter(({ typeUrl }) => typeUrl === secretType),
    [],
  )
  const world = createTestWorld(resourceKinds)
  assert.deepEqual(world.translation.connect(testProxy('shop')).tables(secretType), [])
})

test('CVE-2026-31838: a proxy that names the labels of another workload of its namespace changes what itself is given', () => {
  const world = createTestWorld(resourceKinds)
  world.apply(inNamespace('bank'))
  const victim = world.translation.connect(testProxy('bank', posing))
  const before = Object.fromEntries(
    [clusterType, endpointType, listenerType, extensionConfigType].map(type => [type, held(victim, type)]),
  )
  world.translation.connect(
    testProxy('bank', { ...posing, labels: { app: 'vault', x: 'y' }, ipAddresses: ['10.0.0.66'] }),
  )
  for (const [type, resources] of Object.entries(before)) assert.deepEqual(held(victim, type), resources)
})
