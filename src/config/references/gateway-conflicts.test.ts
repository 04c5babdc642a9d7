import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ReferenceCase, testReferences } from './testing/reference-cases.ts'
import { objectsOf, referencesOf } from './testing/scenes.ts'

const gateway = (key: string, port: string, more = ''): string =>
  `Gateway ${key}: spec: {selector: {istio: edge}, servers: [{hosts: [a.example.com], port: ${port}${more}}]}`
const https = '{number: 443, name: https, protocol: HTTPS}'
const tls = ', tls: {mode: PASSTHROUGH}'
const around = ['Pod edge/a: {istio: edge, team: a}', 'Pod edge/b: {istio: far}']
const port = 'spec.servers[0].port'
const hosts = 'spec.servers[0].hosts'

const cases: readonly ReferenceCase[] = [
  {
    title: 'two Gateways end TLS for one host on one port: both are told',
    code: 'GATEWAY_CONFLICT',
    around: [...around, gateway('shop/a', https, tls)],
    faulty: gateway('team/b', https, tls),
    sound: gateway('team/b', https, `${tls}, bind: 10.0.0.1`),
    at: [`Gateway shop/a ${hosts}`, `Gateway team/b ${hosts}`],
  },
  {
    title: 'two Gateways of different selectors meet on a workload that both select',
    code: 'GATEWAY_CONFLICT',
    around: [...around, gateway('shop/a', https, tls)],
    faulty: gateway('team/b', https, tls).replace('{istio: edge}', '{team: a}'),
    sound: gateway('team/b', https, tls).replace('{istio: edge}', '{istio: far}'),
    at: [`Gateway shop/a ${hosts}`, `Gateway team/b ${hosts}`],
  },
  {
    title: 'two Gateways serve one host in clear text: they are merged, and told of it',
    code: 'GATEWAY_CONFLICT',
    around: [...around, gateway('shop/a', '{number: 80, name: http, protocol: HTTP}')],
    faulty: gateway('team/b', '{number: 80, name: web, protocol: HTTP2}'),
    sound: gateway('team/b', '{number: 81, name: web, protocol: HTTP}'),
    at: [`Gateway shop/a ${hosts}`, `Gateway team/b ${hosts}`],
  },
  {
    title: 'two Gateways open one port for different things',
    code: 'GATEWAY_CONFLICT',
    around: [...around, gateway('shop/a', '{number: 443, name: http, protocol: HTTP}')],
    faulty: gateway('team/b', https, tls),
    sound: gateway('team/b', https, `${tls}, bind: 10.0.0.1`),
    at: [`Gateway shop/a ${port}`, `Gateway team/b ${port}`],
  },
  {
    title: 'two Gateways open one port for TCP',
    code: 'GATEWAY_CONFLICT',
    around: [...around, gateway('shop/a', '{number: 9000, name: tcp, protocol: TCP}')],
    faulty: gateway('team/b', '{number: 9000, name: mongo, protocol: MONGO}'),
    sound: gateway('team/b', '{number: 9001, name: mongo, protocol: MONGO}'),
    at: [`Gateway shop/a ${port}`, `Gateway team/b ${port}`],
  },
  {
    title: 'two servers of one Gateway serve one host with TLS',
    code: 'GATEWAY_CONFLICT',
    around,
    faulty: `Gateway shop/a: spec: {selector: {istio: edge}, servers: [{hosts: [shop/a.example.com], port: ${https}${tls}}, {hosts: [b.example.com, A.example.com], port: {number: 443, name: more, protocol: TLS}${tls}}]}`,
    sound: `Gateway shop/a: spec: {selector: {istio: edge}, servers: [{hosts: [shop/a.example.com], port: ${https}${tls}}, {hosts: [b.example.com], port: {number: 443, name: more, protocol: TLS}${tls}}]}`,
    at: [`Gateway shop/a ${hosts}`, 'Gateway shop/a spec.servers[1].hosts'],
  },
]

testReferences(cases)

test('of Gateways that contend the oldest counts, and each complaint names it', () => {
  const references = referencesOf({
    objects: [...around, gateway('shop/b', https, tls), gateway('shop/a', https, tls)],
  })
  const reasons = references.all().map(({ reason }) => reason)
  assert.equal(reasons.length, 2)
  assert.match(reasons[0] ?? '', /served by Gateway shop\/b .* this one counts/)
  assert.match(reasons[1] ?? '', /served by Gateway shop\/a .* Gateway shop\/a counts/)
})

test('a Gateway of hundreds on one port is looked at alone', () => {
  const many = Array.from({ length: 300 }, (_, i) =>
    gateway(`shop/g${i}`, https, tls).replace('a.example.com', `h${i}.example.com`),
  )
  const references = referencesOf({ objects: [...around, ...many] })
  assert.equal(references.size, 0)
  const moved = gateway('shop/g7', https, tls).replace('a.example.com', 'h8.example.com')
  const { checked, changed } = references.apply({ changes: objectsOf([moved]) })
  assert.deepEqual(Object.fromEntries(checked), { 'Gateway references': 2 })
  assert.deepEqual(changed, ['Gateway/shop/g7', 'Gateway/shop/g8'])
})
