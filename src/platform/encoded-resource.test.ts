import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodedResource, lengthDelimited, messageBytes, varint } from './encoded-resource.ts'
import { loadProtos } from './protobuf.ts'

const root = loadProtos(['envoy/service/discovery/v3/discovery.proto'])
const delta = root.lookupType('envoy.service.discovery.v3.DeltaDiscoveryResponse')
const sotw = root.lookupType('envoy.service.discovery.v3.DiscoveryResponse')

const texts = fc.string({ unit: 'grapheme', maxLength: 300 }).filter(text => text.isWellFormed())
// Around the lengths at which a varint grows by a byte.
const values = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc.constantFrom(127, 128, 16_383, 16_384).map(length => new Uint8Array(length).fill(7)),
)

test('what is spliced is what the codec reads: a Resource in delta, an Any in the state of the world', () => {
  fc.assert(
    fc.property(texts, texts, values, (typeUrl, name, value) => {
      const { wrapped, any, version, ...resource } = encodedResource(typeUrl, name, value)
      const anyRead = { type_url: typeUrl, value: Buffer.from(value) }
      const options = { defaults: true, bytes: Buffer }
      const inDelta = delta.toObject(delta.decode(wrapped), options).resources
      assert.equal(inDelta.length, 1)
      assert.equal(inDelta[0].name, name)
      assert.equal(inDelta[0].version, version)
      assert.deepEqual({ ...inDelta[0].resource }, anyRead)
      assert.deepEqual(sotw.toObject(sotw.decode(any), options).resources, [anyRead])
      assert.equal(resource.name, name)
      assert.deepEqual(messageBytes({ ...resource, wrapped, any, version }), Buffer.from(value))
    }),
  )
})

test('equal contents have equal versions, whatever their names', () => {
  const a = encodedResource('t', 'a', Buffer.from('content'))
  const b = encodedResource('t', 'b', Buffer.from('content'))
  const c = encodedResource('t', 'a', Buffer.from('other'))
  assert.equal(a.version, b.version)
  assert.notEqual(a.version, c.version)
})

test('a resource holds no memory but its own', () => {
  const { wrapped, any } = encodedResource('type.example/a', 'name', Buffer.alloc(100))
  assert.equal(wrapped.buffer.byteLength, wrapped.length)
  assert.equal(any.buffer, wrapped.buffer)
})

test('varints and fields of wire type 2 read back', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 15 }), values, (number, field, value) => {
      let read = 0
      for (const [i, byte] of varint(number).entries()) read += (byte & 0x7f) * 128 ** i
      assert.equal(read, number)
      const bytes = lengthDelimited(field, value)
      assert.equal(bytes[0], field * 8 + 2)
      assert.deepEqual(bytes.subarray(1), Buffer.concat([varint(value.length), value]))
    }),
  )
})
