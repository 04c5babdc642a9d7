import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ReferenceCase, testReferences } from './testing/reference-cases.ts'
import { objectsOf, referencesOf } from './testing/scenes.ts'

const web = 'Service shop/web: spec: {ports: [{port: 80}]}'
const edge = 'Gateway shop/edge: spec: {servers: [{hosts: ["*"], port: {number: 80, name: http, protocol: HTTP}}]}'
const inner = 'Gateway shop/inner: spec: {servers: [{hosts: ["*"], port: {number: 81, name: http, protocol: HTTP}}]}'
const to = 'route: [{destination: {host: web}}]'
const routes = (name: string, http: string, gateways = 'edge'): string =>
  `VirtualService shop/${name}: spec: {hosts: [a.example.com], gateways: [${gateways}], http: [${http}]}`
const around = [web, edge, inner]
const none = { around, sound: [] }

const cases: readonly ReferenceCase[] = [
  {
    ...none,
    title: 'an older VirtualService takes the paths of another: both are told',
    code: 'ROUTE_SHADOWED',
    faulty: [
      routes('a', `{match: [{uri: {prefix: /shop}}], ${to}}`),
      routes('b', `{match: [{uri: {exact: /shop/cart}}], ${to}}`),
    ],
    at: ['VirtualService shop/a spec.http[0].match[0]', 'VirtualService shop/b spec.http[0].match[0]'],
  },
  {
    ...none,
    title: 'of two that take everything one does',
    code: 'ROUTE_SHADOWED',
    faulty: [routes('a', `{${to}}`), routes('b', `{match: [{uri: {prefix: /}}], ${to}}`)],
    at: ['VirtualService shop/a spec.http[0]', 'VirtualService shop/b spec.http[0].match[0]'],
  },
  {
    around: [...around, routes('a', `{match: [{uri: {prefix: /a}, gateways: [edge]}], ${to}}`, 'edge, inner')],
    title: 'a match for one gateway is nothing to another',
    code: 'ROUTE_SHADOWED',
    faulty: routes('b', `{match: [{uri: {prefix: /a}}], ${to}}`),
    sound: routes('b', `{match: [{uri: {prefix: /a}}], ${to}}`, 'inner'),
    at: ['VirtualService shop/a spec.http[0].match[0]', 'VirtualService shop/b spec.http[0].match[0]'],
  },
  {
    around: [...around, routes('b', `{match: [{uri: {prefix: /a}}], ${to}}`)],
    title: 'what takes everything comes after the rest, whoever is older',
    code: 'ROUTE_SHADOWED',
    faulty: routes(
      'a',
      `{match: [{uri: {prefix: /a}, method: {exact: GET}}], ${to}}, {match: [{uri: {prefix: /a}}], ${to}}`,
    ),
    sound: routes('a', `{${to}}`),
    at: ['VirtualService shop/a spec.http[1].match[0]', 'VirtualService shop/b spec.http[0].match[0]'],
  },
]

testReferences(cases)

test('a route that changes costs the objects of its host, and others only where something is new of them', () => {
  const many = Array.from({ length: 50 }, (_, i) => routes(`r${i}`, `{match: [{uri: {prefix: /p${i}-}}], ${to}}`))
  const references = referencesOf({ objects: [...around, ...many] })
  assert.equal(references.size, 0)
  const calm = references.apply({ changes: objectsOf([routes('r7', `{match: [{uri: {prefix: /q}}], ${to}}`)]) })
  assert.deepEqual(Object.fromEntries(calm.checked), { 'shadowed routes': 1, 'VirtualService references': 1 })
  const taken = references.apply({ changes: objectsOf([routes('r7', `{match: [{uri: {prefix: /p8-}}], ${to}}`)]) })
  assert.deepEqual(taken.changed, ['VirtualService/shop/r7', 'VirtualService/shop/r8'])
  assert.equal(taken.checked.get('shadowed routes'), 1)
})
