import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ResponseBuilder } from './response.ts'
import { testResource } from './testing/test-directory.ts'
import { decodeResponse, encodeResponse } from './testing/wire.ts'

const typeUrl = 'type.googleapis.com/test.Thing'
const resources = ['a', 'b', 'ü'].map(name => testResource(typeUrl, name, `${name}-content`))
const removed = ['x', 'y']

test('spliced responses are what the protobuf codec makes of the same message', () => {
  for (const variant of ['delta', 'sotw'] as const) {
    const page = new ResponseBuilder(1e6).whole({ typeUrl, variant, versionInfo: 'run-7', resources, removed })
    const message = Buffer.concat(page.frame)
    assert.equal(message[0], 0)
    assert.equal(message.readUInt32BE(1), message.length - 5)
    const anys = resources.map(({ name }) => ({ type_url: typeUrl, value: Buffer.from(`${name}=${name}-content`) }))
    const expected = encodeResponse(
      variant,
      variant === 'delta'
        ? {
            systemVersionInfo: 'run-7',
            resources: resources.map(({ name, version }, index) => ({ name, version, resource: anys[index] })),
            removedResources: removed,
            typeUrl,
            nonce: page.nonce,
          }
        : { versionInfo: 'run-7', resources: anys, typeUrl, nonce: page.nonce },
    )
    // The order of fields is free on the wire: what both decode to is the same, byte for byte of each resource.
    assert.deepEqual(decodeResponse(variant, message.subarray(5)), decodeResponse(variant, expected))
    assert.equal(message.length - 5, expected.length)
  }
})

test('joined parts are one message with the bodies of its parts', () => {
  const builder = new ResponseBuilder(1e6)
  const [first, second] = [['a'], ['b']].map(names =>
    builder.pages({
      typeUrl,
      variant: 'delta',
      versionInfo: '1',
      resources: resources.filter(({ name }) => names.includes(name)),
      removed: names.map(name => `old-${name}`),
    }),
  )
  assert.ok(first !== undefined && second !== undefined)
  const [joined, ...others] = builder.join(typeUrl, [first, second], 'paged')
  assert.ok(joined !== undefined && others.length === 0)
  const decoded = decodeResponse('delta', Buffer.concat(joined.frame).subarray(5))
  assert.deepEqual([...decoded.resources.keys()], ['a', 'b'])
  assert.deepEqual(decoded.removed, ['old-a', 'old-b'])
  assert.equal(decoded.nonce, joined.nonce)
  assert.notEqual(joined.nonce, first[0]?.nonce)
  assert.equal(joined.frame[1]?.buffer, first[0]?.body.buffer)
})

test('a renewed response has the same body under a nonce of its own', () => {
  const builder = new ResponseBuilder(1e6)
  const page = builder.whole({ typeUrl, variant: 'delta', versionInfo: '1', resources, removed })
  const renewed = builder.renew(typeUrl, page)
  const before = decodeResponse('delta', Buffer.concat(page.frame).subarray(5))
  const after = decodeResponse('delta', Buffer.concat(renewed.frame).subarray(5))
  assert.notEqual(after.nonce, before.nonce)
  assert.deepEqual({ ...after, nonce: '' }, { ...before, nonce: '' })
})

test('CVE-2022-23606: pages are bounded in bytes, and in removals, which a client may handle slowly', () => {
  const builder = new ResponseBuilder(100)
  const many = Array.from({ length: 2500 }, (_, index) => `gone-${index}`)
  const pages = builder.pages({ typeUrl, variant: 'delta', versionInfo: '1', resources, removed: many })
  assert.ok(pages.every(page => page.removed.length <= 1000))
  assert.equal(pages.flatMap(page => page.removed).length, 2500)
  assert.deepEqual(
    pages.flatMap(page => page.names.flat()),
    ['a', 'b', 'ü'],
  )
})

test('a resource that is bigger than a page is sent alone', () => {
  const big = testResource(typeUrl, 'big', 'x'.repeat(1000))
  const pages = new ResponseBuilder(100).pages({
    typeUrl,
    variant: 'delta',
    versionInfo: '1',
    resources: [big, ...resources],
    removed: [],
  })
  assert.deepEqual(pages[0]?.names, [['big']])
})
