import assert from 'node:assert/strict'
import test from 'node:test'
import { destinationRuleOf } from './destination-rule.ts'
import { createRig } from './testing/rig.ts'

const rule = (name: string, namespace: string, spec: string, created = '2026-01-01T00:00:00Z'): string => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${name}, namespace: ${namespace}, creationTimestamp: '${created}'}
spec: {${spec}}
---`

const api = { key: 'shop/api.shop.svc.cluster.local', hostname: 'api.shop.svc.cluster.local', namespace: 'shop' }
const service = `
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {ports: [{name: http, port: 80}]}
---`
const host = `host: ${api.hostname}`
const tls = (mode: string) => `trafficPolicy: {tls: {mode: ${mode}}}`

test('rules are looked for with the client, then with the service, then in the root namespace', () => {
  const rig = createRig(service + rule('r', 'istio-system', `host: '*.local', ${tls('ISTIO_MUTUAL')}`))
  const mode = () => destinationRuleOf(rig.facts, 'client', api)?.trafficPolicy?.tls?.mode
  assert.equal(mode(), 'ISTIO_MUTUAL')
  rig.apply(rule('r', 'shop', `host: api, ${tls('SIMPLE')}`))
  assert.equal(mode(), 'SIMPLE')
  rig.apply(rule('r', 'client', `${host}, ${tls('DISABLE')}`))
  assert.equal(mode(), 'DISABLE')
  assert.equal(destinationRuleOf(rig.facts, 'another', api)?.trafficPolicy?.tls?.mode, 'SIMPLE')
})

test('an exact host wins over wildcards and a longer wildcard over a shorter, whatever their age', () => {
  const rig = createRig(
    service +
      rule('all', 'shop', `host: '*', ${tls('DISABLE')}`, '2000-01-01T00:00:00Z') +
      rule('ns', 'shop', `host: '*.shop.svc.cluster.local', ${tls('SIMPLE')}`),
  )
  assert.equal(destinationRuleOf(rig.facts, 'shop', api)?.host, '*.shop.svc.cluster.local')
  rig.apply(rule('exact', 'shop', `${host}, ${tls('ISTIO_MUTUAL')}`))
  assert.equal(destinationRuleOf(rig.facts, 'shop', api)?.host, api.hostname)
})

test('a rule is unseen where it is not exported, and seen in its own namespace always', () => {
  const rig = createRig(service + rule('r', 'shop', `${host}, exportTo: [other], ${tls('SIMPLE')}`))
  assert.equal(destinationRuleOf(rig.facts, 'client', api), undefined)
  assert.notEqual(destinationRuleOf(rig.facts, 'other', api), undefined)
  assert.notEqual(destinationRuleOf(rig.facts, 'shop', api), undefined)
})

test('rules of one host in one namespace are merged, the oldest first', () => {
  const rig = createRig(
    service +
      rule(
        'new',
        'shop',
        `${host}, ${tls('DISABLE')}, subsets: [{name: v1, labels: {v: new}}, {name: v2}]`,
        '2026-03-01T00:00:00Z',
      ) +
      rule('mid', 'shop', `${host}, ${tls('SIMPLE')}`, '2026-02-01T00:00:00Z') +
      rule('old', 'shop', `${host}, subsets: [{name: v3}, {name: v1, labels: {v: old}}]`),
  )
  assert.deepEqual(destinationRuleOf(rig.facts, 'shop', api), {
    namespace: 'shop',
    host: api.hostname,
    objects: ['shop/old', 'shop/mid', 'shop/new'],
    trafficPolicy: { tls: { mode: 'SIMPLE' } },
    subsets: [{ name: 'v1', labels: { v: 'old' } }, { name: 'v2' }, { name: 'v3' }],
  })
})

test('a rule that selects clients by label is not one for all', () => {
  const rig = createRig(
    service + rule('r', 'shop', `${host}, workloadSelector: {matchLabels: {app: x}}, ${tls('SIMPLE')}`),
  )
  assert.equal(destinationRuleOf(rig.facts, 'shop', api), undefined)
})

test('the author of a rule that selects clients is told that it is in force for none', () => {
  const rig = createRig(
    service + rule('r', 'shop', `${host}, workloadSelector: {matchLabels: {app: x}}, ${tls('SIMPLE')}`),
  )
  assert.equal(rig.notices.get('DestinationRule/shop/r')?.[0]?.field, 'spec.workloadSelector')
  rig.apply(rule('r', 'shop', `${host}, ${tls('SIMPLE')}`))
  assert.equal(rig.notices.size, 0)
})
