import assert from 'node:assert/strict'
import test from 'node:test'
import { objectKey } from '../config/object.ts'
import { ingressListenersOf, scopeRequestFor, sidecarFor } from './sidecar.ts'
import { createRig } from './testing/rig.ts'

const sidecar = (name: string, namespace: string, selector = '', created = '2026-01-01T00:00:00Z'): string => `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: ${name}, namespace: ${namespace}, creationTimestamp: '${created}'}
spec:
  egress: [{hosts: ['*/*']}]${selector === '' ? '' : `\n  workloadSelector: {labels: {app: ${selector}}}`}
---`

const web = { namespace: 'shop', labels: { app: 'web' } }
const forced = (rig: ReturnType<typeof createRig>, subject = web) => {
  const found = sidecarFor(rig.facts, subject)
  return found === undefined ? undefined : objectKey(found)
}

test('the narrowest Sidecar is in force: by selector, of the namespace, of the root namespace', () => {
  const rig = createRig()
  assert.equal(forced(rig), undefined)
  assert.deepEqual(scopeRequestFor(rig.facts, web), { namespace: 'shop' })
  rig.apply(sidecar('mesh', 'istio-system'))
  assert.equal(forced(rig), 'istio-system/mesh')
  rig.apply(sidecar('default', 'shop'))
  assert.equal(forced(rig), 'shop/default')
  rig.apply(sidecar('web', 'shop', 'web'))
  assert.equal(forced(rig), 'shop/web')
  assert.equal(forced(rig, { namespace: 'shop', labels: { app: 'other' } }), 'shop/default')
  assert.deepEqual(scopeRequestFor(rig.facts, web), { namespace: 'shop', sidecar: 'shop/web' })
})

test('a selecting Sidecar of the root namespace is for that namespace only', () => {
  const rig = createRig(sidecar('web', 'istio-system', 'web'))
  assert.equal(forced(rig), undefined)
})

test('of two alike the oldest is in force', () => {
  const rig = createRig(sidecar('a', 'shop', '', '2026-02-01T00:00:00Z') + sidecar('b', 'shop'))
  assert.equal(forced(rig), 'shop/b')
})

test('ingress listeners come in the order of the Sidecar', () => {
  const rig = createRig(`
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: web, namespace: shop}
spec:
  ingress:
    - port: {number: 9080, protocol: HTTP, name: x}
      bind: 127.0.1.1
      defaultEndpoint: 127.0.0.1:8080
      captureMode: NONE
    - port: {number: 3306, protocol: MYSQL, name: y}
      defaultEndpoint: unix:///run/db
`)
  assert.deepEqual(ingressListenersOf(rig.facts, web), [
    {
      port: { number: 9080, protocol: 'http', name: 'x' },
      bind: '127.0.1.1',
      defaultEndpoint: '127.0.0.1:8080',
      captureMode: 'NONE',
    },
    {
      port: { number: 3306, protocol: 'mysql', name: 'y' },
      bind: '',
      defaultEndpoint: 'unix:///run/db',
      captureMode: 'DEFAULT',
    },
  ])
  assert.equal(ingressListenersOf(createRig().facts, web), undefined)
})
