import assert from 'node:assert/strict'
import test from 'node:test'
import { objectKey } from '../config/object.ts'
import { policiesFor } from './authorization-policy.ts'
import { createRig } from './testing/rig.ts'

const policy = (name: string, namespace: string, spec: string): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ${name}, namespace: ${namespace}}
spec: {${spec}}
---`

const web = { namespace: 'shop', labels: { app: 'web' } }

test('policies of the root and the own namespace that select the workload are in force, by action and name', () => {
  const rig = createRig(
    policy('z', 'shop', 'rules: [{}]') +
      policy('a', 'shop', 'action: ALLOW, selector: {matchLabels: {app: web}}') +
      policy('m', 'istio-system', 'action: DENY, rules: [{}]') +
      policy('d', 'shop', 'action: DENY, rules: [{}], selector: {matchLabels: {app: other}}') +
      policy('x', 'elsewhere', 'action: DENY, rules: [{}]') +
      policy('audit', 'shop', 'action: AUDIT, rules: [{}]') +
      policy('custom', 'shop', 'action: CUSTOM, provider: {name: p}, rules: [{}]') +
      policy('gateway', 'shop', 'targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}]'),
  )
  const { allow, deny, audit, custom } = policiesFor(rig.facts, web)
  assert.deepEqual(allow.map(objectKey), ['shop/a', 'shop/z'])
  assert.deepEqual(deny.map(objectKey), ['istio-system/m'])
  assert.deepEqual(audit.map(objectKey), ['shop/audit'])
  assert.deepEqual(custom.map(objectKey), ['shop/custom'])
})

test('a workload of the root namespace has each policy once', () => {
  const rig = createRig(policy('m', 'istio-system', 'action: DENY, rules: [{}]'))
  assert.equal(policiesFor(rig.facts, { namespace: 'istio-system', labels: {} }).deny.length, 1)
})
