import assert from 'node:assert/strict'
import test from 'node:test'
import { mtlsModeOf, portLevelPorts } from './peer-authentication.ts'
import { createRig } from './testing/rig.ts'

function policy(name: string, namespace: string, spec: string, created = ''): string {
  const timestamp = created === '' ? '' : `, creationTimestamp: '${created}'`
  return `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: ${name}, namespace: ${namespace}${timestamp}}
spec: ${spec}
---`
}

const web = { namespace: 'shop', labels: { app: 'web' } }

test('without any policy a workload takes both', () => {
  assert.equal(mtlsModeOf(createRig().facts, web), 'PERMISSIVE')
})

test('the narrower level wins: mesh, namespace, workload, port', () => {
  const rig = createRig(policy('default', 'istio-system', '{mtls: {mode: STRICT}}'))
  assert.equal(mtlsModeOf(rig.facts, web), 'STRICT')
  rig.apply(policy('default', 'shop', '{mtls: {mode: DISABLE}}'))
  assert.equal(mtlsModeOf(rig.facts, web), 'DISABLE')
  rig.apply(
    policy(
      'web',
      'shop',
      '{selector: {matchLabels: {app: web}}, mtls: {mode: PERMISSIVE}, portLevelMtls: {8080: {mode: STRICT}}}',
    ),
  )
  assert.equal(mtlsModeOf(rig.facts, web), 'PERMISSIVE')
  assert.equal(mtlsModeOf(rig.facts, web, 8080), 'STRICT')
  assert.equal(mtlsModeOf(rig.facts, web, 9090), 'PERMISSIVE')
  assert.equal(mtlsModeOf(rig.facts, { namespace: 'shop', labels: { app: 'other' } }, 8080), 'DISABLE')
})

test('UNSET, and no mode at all, inherit from the wider level', () => {
  const rig = createRig(
    policy('default', 'istio-system', '{mtls: {mode: STRICT}}') +
      policy('default', 'shop', '{mtls: {mode: UNSET}}') +
      policy('web', 'shop', '{selector: {matchLabels: {app: web}}, portLevelMtls: {80: {mode: UNSET}, 81: {}}}'),
  )
  assert.equal(mtlsModeOf(rig.facts, web), 'STRICT')
  assert.equal(mtlsModeOf(rig.facts, web, 80), 'STRICT')
  assert.deepEqual(portLevelPorts(rig.facts, web), [])
})

test('in one level the oldest policy speaks', () => {
  const rig = createRig(
    policy('a', 'shop', '{mtls: {mode: DISABLE}}', '2026-02-01T00:00:00Z') +
      policy('b', 'shop', '{mtls: {mode: STRICT}}', '2026-01-01T00:00:00Z'),
  )
  assert.equal(mtlsModeOf(rig.facts, web), 'STRICT')
})

test('a selector in the root namespace selects in every namespace, after the workload its own', () => {
  const rig = createRig(policy('web', 'istio-system', '{selector: {matchLabels: {app: web}}, mtls: {mode: STRICT}}'))
  assert.equal(mtlsModeOf(rig.facts, web), 'STRICT')
  rig.apply(policy('web', 'shop', '{selector: {matchLabels: {app: web}}, mtls: {mode: DISABLE}}'))
  assert.equal(mtlsModeOf(rig.facts, web), 'DISABLE')
})

test('ports of their own are listed in ascending order', () => {
  const rig = createRig(
    policy(
      'web',
      'shop',
      '{selector: {matchLabels: {app: web}}, portLevelMtls: {9000: {mode: STRICT}, 80: {mode: DISABLE}}}',
    ),
  )
  assert.deepEqual(portLevelPorts(rig.facts, web), [80, 9000])
})

test('the root namespace is the one that the mesh says', () => {
  const rig = createRig(policy('default', 'mesh-root', '{mtls: {mode: STRICT}}'), { rootNamespace: 'mesh-root' })
  assert.equal(mtlsModeOf(rig.facts, web), 'STRICT')
})
