import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfigText } from '../parse.ts'

const specOf = (text: string): unknown => {
  const parsed = parseConfigText(text, 'a.yaml')
  assert.deepEqual(parsed.problems, [])
  return parsed.objects[0]?.spec
}

const rule = (policy: string): string =>
  `apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: x}\nspec: {host: a, ${policy}}\n`

test('proto JSON: snake_case, camelCase and numbers in quotes are one value', () => {
  const camel = rule('trafficPolicy: {connectionPool: {http: {http1MaxPendingRequests: 5}}, tls: {mode: SIMPLE}}')
  const snake = rule('traffic_policy: {connection_pool: {http: {http1_max_pending_requests: "5"}}, tls: {mode: 1}}')
  assert.deepEqual(specOf(camel), specOf(snake))
})

test('proto JSON: null is absent, and no default is filled in', () => {
  assert.deepEqual(specOf(rule('trafficPolicy: null, subsets: ~, exportTo:')), { host: 'a' })
})

test('proto JSON: the order in which a mapping is written does not matter', () => {
  const keys = (text: string): string => JSON.stringify(specOf(rule(`subsets: [{name: s, labels: ${text}}]`)))
  assert.equal(keys('{b: "1", a: "2"}'), keys('{a: "2", b: "1"}'))
})

test('one field written in both spellings is refused at the second', () => {
  const { problems } = parseConfigText(rule('exportTo: ["."], export_to: ["*"]'), 'a.yaml')
  assert.deepEqual(
    problems.map(({ line, column, field }) => [line, column, field]),
    [[4, 34, 'spec.exportTo']],
  )
})

test('what is read is frozen to the leaves', () => {
  const parsed = parseConfigText(rule('subsets: [{name: s, labels: {a: b}}]'), 'a.yaml')
  const pending: unknown[] = [parsed.objects[0]]
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== 'object' || value === null) continue
    assert.ok(Object.isFrozen(value), JSON.stringify(value))
    pending.push(...Object.values(value))
  }
})

test('a key called __proto__ changes no prototype', () => {
  const { objects, problems } = parseConfigText(
    'apiVersion: v1\nkind: Pod\nmetadata: {name: x, annotations: {__proto__: a}}\n',
    'a.yaml',
  )
  assert.equal(objects.length, 0)
  assert.equal(problems[0]?.field, 'metadata.annotations.__proto__')
  assert.ok(!('a' in {}))
})

test('text with NUL or a broken character is refused', () => {
  for (const host of ['"a\\0b"', '"a\\ud800b"']) {
    const { objects, problems } = parseConfigText(
      `apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: x}\nspec: {host: ${host}}\n`,
      'a.yaml',
    )
    assert.deepEqual([objects.length, problems[0]?.field], [0, 'spec.host'])
  }
})

test('a misspelt field is refused at its key, with the nearest known one', () => {
  const { problems } = parseConfigText(rule('trafficPolcy: {}'), 'a.yaml')
  assert.deepEqual(
    problems.map(({ line, column, field, remedy }) => [line, column, field, remedy]),
    [[4, 17, 'spec.trafficPolcy', 'did you mean trafficPolicy?']],
  )
})

test('a list longer than its limit is refused as a whole', () => {
  const { problems } = parseConfigText(rule(`subsets: [${'{name: a},'.repeat(1001)}]`), 'a.yaml')
  assert.match(problems[0]?.reason ?? '', /1001 entries, more than 1000/)
})

test('an empty list where an entry is required is refused as absent', () => {
  const parsed = parseConfigText(
    'apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: x}\nspec: {hosts: []}\n',
    'a.yaml',
  )
  assert.deepEqual(
    parsed.problems.map(({ field }) => field),
    ['spec.hosts'],
  )
})

test('proto JSON: a wrapper is its value, and null is its absence; a number that no name of an enum has is refused', () => {
  assert.deepEqual(specOf(rule('trafficPolicy: {tls: {mode: 1, insecureSkipVerify: true}}')), {
    host: 'a',
    trafficPolicy: { tls: { mode: 'SIMPLE', insecureSkipVerify: true } },
  })
  assert.deepEqual(specOf(rule('trafficPolicy: {tls: {mode: SIMPLE, insecureSkipVerify: null}}')), {
    host: 'a',
    trafficPolicy: { tls: { mode: 'SIMPLE' } },
  })
  const { problems } = parseConfigText(rule('trafficPolicy: {tls: {mode: 9}}'), 'a.yaml')
  assert.equal(problems[0]?.field, 'spec.trafficPolicy.tls.mode')
})

test('proto JSON: durations are kept as they are written, in the notation of Go, and others are refused', () => {
  const timed = (text: string): string => rule(`trafficPolicy: {connectionPool: {tcp: {connectTimeout: ${text}}}}`)
  for (const text of ['10s', '1.5s', '1h30m'])
    assert.match(JSON.stringify(specOf(timed(text))), new RegExp(`"${text}"`))
  for (const text of ['10', '1d', '0.1ms']) {
    const { problems } = parseConfigText(timed(text), 'a.yaml')
    assert.equal(problems[0]?.field, 'spec.trafficPolicy.connectionPool.tcp.connectTimeout', text)
  }
})
