/** What namespaces do to each other, looked at where it would hurt: in the bytes that the others' Envoys are served. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testProxy } from '../../src/translate/testing/test-world.ts'
import { typesInOrder } from '../../src/translate/type-urls.ts'
import { createPipeline, objectsFrom, type Pipeline } from './pipeline.ts'

const mesh = `
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {clusterIP: 10.96.0.1, selector: {app: api}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: trap, namespace: evil}
spec: {clusterIP: 10.96.0.2, selector: {app: trap}, ports: [{name: http, port: 80, targetPort: 8080}]}
`
const host = 'api.shop.svc.cluster.local'
const hostile = (hosts: string): Readonly<Record<string, string>> => ({
  VirtualService: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: hijack, namespace: evil}
spec: {hosts: ['${hosts}'], http: [{route: [{destination: {host: trap.evil.svc.cluster.local}}]}]}
`,
  DestinationRule: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: hijack, namespace: evil}
spec: {host: '${hosts}', trafficPolicy: {tls: {mode: DISABLE}, connectionPool: {http: {http1MaxPendingRequests: 1}}}}
`,
  ServiceEntry: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: hijack, namespace: evil}
spec:
  hosts: ['${hosts}']
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [{address: 10.6.6.6}]
`,
})

/** Of the proxies of a namespace, type and name of each resource, with the hash of its bytes. */
function served(pipeline: Pipeline, namespace: string): ReadonlyMap<string, string> {
  const proxy = pipeline.translation.connect(testProxy(namespace))
  const resources = typesInOrder.flatMap(typeUrl =>
    proxy
      .tables(typeUrl)
      .flatMap(table => [...table.names()].map(name => [`${typeUrl} ${name}`, table.get(name)] as const)),
  )
  proxy.close()
  return new Map(resources.flatMap(([name, found]) => (found === undefined ? [] : [[name, found.version]])))
}

for (const [kind, objects] of Object.entries(hostile(host))) {
  test(`2026-002: a ${kind} for a host of another namespace changes no byte of what the owner's and third proxies are served`, () => {
    const pipeline = createPipeline()
    pipeline.edit({ put: objectsFrom(mesh) })
    const before = new Map(['shop', 'third', 'evil'].map(namespace => [namespace, served(pipeline, namespace)]))
    assert.ok([...(before.get('third')?.keys() ?? [])].some(name => name.includes(host)))
    pipeline.edit({ put: objectsFrom(objects) })
    for (const victim of ['shop', 'third']) assert.deepEqual(served(pipeline, victim), before.get(victim), victim)
    // Its own clients are its own affair: the object is in force, and the comparison would see it.
    assert.notDeepEqual(served(pipeline, 'evil'), before.get('evil'))
  })
}

test("2026-002: a VirtualService for everybody's hosts changes no byte of what others' proxies are served for theirs", () => {
  const pipeline = createPipeline()
  pipeline.edit({ put: objectsFrom(mesh) })
  const ofOthers = (): readonly (readonly [string, string])[] =>
    [...served(pipeline, 'third')].filter(([name]) => !name.includes('trap.evil'))
  const before = ofOthers()
  const whole = served(pipeline, 'third')
  pipeline.edit({ put: objectsFrom(hostile('*.cluster.local').VirtualService ?? '') })
  assert.deepEqual(ofOthers(), before)
  assert.notDeepEqual(served(pipeline, 'third'), whole)
})
