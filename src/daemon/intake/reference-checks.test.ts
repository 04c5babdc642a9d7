import assert from 'node:assert/strict'
import { test } from 'node:test'
import { objectKey } from '../../config/object.ts'
import { parseConfigText } from '../../config/parse.ts'
import { createDiscovery, type Discovery } from '../../discovery/discovery.ts'
import { createGraph, type Source } from '../../graph/graph.ts'
import { silentLog } from '../../platform/log.ts'
import { followReferences } from './reference-checks.ts'

const route = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {namespace: shop, name: web}
spec: {hosts: [a.example.com], http: [{route: [{destination: {host: a.example.com}}]}]}
`
const entry = `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {namespace: shop, name: a}
spec: {hosts: [a.example.com], ports: [{number: 80, name: http}], resolution: DNS}
`
const web = { kind: 'VirtualService', namespace: 'shop', name: 'web' } as const

function put(discovery: Discovery, text: string): void {
  for (const object of parseConfigText(text, 'a.yaml').objects) {
    ;(discovery.sources[object.kind] as unknown as Source<typeof object>).put(objectKey(object), object)
  }
}

test('what is in force is checked when it settles, what was only supposed is not', () => {
  const graph = createGraph()
  const discovery = createDiscovery(graph)
  const checks = followReferences(discovery, silentLog)
  graph.commit(() => put(discovery, route))
  assert.deepEqual(checks.problemsOf(web), [])
  checks.settle()
  assert.deepEqual(
    checks.problemsOf(web).map(({ code }) => code),
    ['HOST_NOT_FOUND', 'HOST_NOT_FOUND'],
  )
  // Supposed, and taken back.
  graph.commit(() => put(discovery, entry))
  graph.commit(() => discovery.sources.ServiceEntry.remove('shop/a'))
  checks.settle()
  assert.equal(checks.all().length, 2)
  graph.commit(() => put(discovery, entry))
  checks.settle()
  assert.deepEqual(checks.all(), [])
})

test('what is supposed stands until it is taken back, and costs nothing more when it is committed', () => {
  const graph = createGraph()
  const discovery = createDiscovery(graph)
  const checks = followReferences(discovery, silentLog)
  graph.commit(() => put(discovery, entry))
  const changes = parseConfigText(route.replaceAll('a.example.com', 'b.example.com'), 'a.yaml').objects.map(object => ({
    kind: object.kind,
    key: objectKey(object),
    object,
  }))
  const dry = checks.suppose(changes)
  assert.deepEqual(
    dry.problems.map(({ code }) => code),
    ['HOST_NOT_FOUND', 'HOST_NOT_FOUND'],
  )
  dry.takeBack()
  assert.deepEqual(checks.all(), [])
  checks.suppose(changes)
  graph.commit(() => put(discovery, route.replaceAll('a.example.com', 'b.example.com')))
  checks.settle()
  assert.equal(checks.problemsOf(web).length, 2)
  // Of two that were supposed and not committed, what is in force is left.
  const first = checks.suppose([{ kind: 'ServiceEntry', key: 'shop/a', object: undefined }])
  const second = checks.suppose([{ kind: 'VirtualService', key: 'shop/web', object: undefined }])
  second.takeBack()
  first.takeBack()
  assert.equal(checks.all().length, 2)
})
