import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { MeshwrightError } from '../platform/errors.ts'
import { decodeNode, defaultRequestLimits, requestDecoder } from './requests.ts'
import { encodeRequest } from './testing/wire.ts'

const decoders = {
  delta: requestDecoder('delta', defaultRequestLimits),
  sotw: requestDecoder('sotw', defaultRequestLimits),
}
const corpus = path.join(import.meta.dirname, 'testing/corpus')

function invalid(error: unknown): boolean {
  return error instanceof MeshwrightError && error.code === 'XDS_REQUEST_INVALID'
}

/** Whatever the bytes are: a request, or an error that the peer can be told. */
function mustDecodeOrRefuse(bytes: Uint8Array): void {
  for (const decode of Object.values(decoders)) {
    try {
      const request = decode(bytes)
      if (request.node !== undefined) decodeNode(request.node)
    } catch (error) {
      assert.ok(invalid(error), String(error))
    }
  }
}

test('a request encoded by the published protos is read field by field', () => {
  const body = encodeRequest('delta', {
    typeUrl: 'type.googleapis.com/x.Y',
    resourceNamesSubscribe: ['a', '*'],
    resourceNamesUnsubscribe: ['b'],
    initialResourceVersions: { a: '1', __proto__x: '2' },
    responseNonce: 'n',
    errorDetail: { code: 3, message: 'no' },
  })
  const request = decoders.delta(body)
  assert.deepEqual(
    { ...request, initialVersions: [...request.initialVersions] },
    {
      typeUrl: 'type.googleapis.com/x.Y',
      node: undefined,
      nonce: 'n',
      error: 'no',
      names: ['a', '*'],
      unsubscribe: ['b'],
      initialVersions: [
        ['a', '1'],
        ['__proto__x', '2'],
      ],
    },
  )
})

test('CVE-2022-23635: any bytes are a request or INVALID_ARGUMENT', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => mustDecodeOrRefuse(bytes)),
    { numRuns: 2000 },
  )
})

test('a request with some bytes changed, cut or doubled is a request or INVALID_ARGUMENT', () => {
  const whole = Buffer.from(
    encodeRequest('delta', {
      node: {
        id: 'n',
        metadata: {
          fields: { a: { listValue: { values: [{ structValue: { fields: { b: { boolValue: true } } } }] } } },
        },
        locality: { region: 'r' },
      },
      typeUrl: 'type.googleapis.com/x.Y',
      resourceNamesSubscribe: ['a', 'b'],
      initialResourceVersions: { a: '1' },
    }),
  )
  const edits = fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })), { maxLength: 4 })
  fc.assert(
    fc.property(edits, fc.nat({ max: whole.length }), (changes, cut) => {
      const bytes = Buffer.from(whole)
      for (const [at, value] of changes) bytes[at] = value
      mustDecodeOrRefuse(bytes)
      mustDecodeOrRefuse(bytes.subarray(0, cut))
      mustDecodeOrRefuse(Buffer.concat([bytes, bytes.subarray(cut)]))
    }),
    { numRuns: 2000 },
  )
})

test('what once was found by fuzzing, or was thought of, is a request or INVALID_ARGUMENT', () => {
  const files = readdirSync(corpus)
  assert.ok(files.length > 0)
  for (const file of files) mustDecodeOrRefuse(Buffer.from(readFileSync(path.join(corpus, file), 'utf8').trim(), 'hex'))
})

test('metadata that nests ten thousand times is refused, not a crash', () => {
  let nested: Buffer = Buffer.alloc(0)
  const wrap = (tag: number, bytes: Buffer): Buffer => {
    const length: number[] = []
    for (let rest = bytes.length; ; rest >>>= 7) {
      length.push(rest > 127 ? (rest & 127) | 128 : rest)
      if (rest <= 127) break
    }
    return Buffer.concat([Buffer.from([tag, ...length]), bytes])
  }
  // Value { list_value { values { … } } }, then as the value of a metadata field of a node.
  for (let i = 0; i < 5_000; i++) nested = wrap(0x32, wrap(0x0a, nested))
  const field = wrap(0x0a, Buffer.concat([wrap(0x0a, Buffer.from('k')), wrap(0x12, nested)]))
  assert.throws(() => decodeNode(wrap(0x1a, field)), invalid)
})

test('limits hold: number of names, their length, the size of the node', () => {
  const decode = requestDecoder('delta', { names: 3, nameBytes: 10, nodeBytes: 50, typesPerStream: 1 })
  const request = (fields: Parameters<typeof encodeRequest>[1]) => () =>
    decode(encodeRequest('delta', { typeUrl: 't', ...fields }))
  assert.doesNotThrow(request({ resourceNamesSubscribe: ['a', 'b', 'c'] }))
  assert.throws(request({ resourceNamesSubscribe: ['a', 'b'], resourceNamesUnsubscribe: ['c', 'd'] }), invalid)
  assert.throws(request({ initialResourceVersions: { a: '', b: '', c: '', d: '' } }), invalid)
  assert.throws(request({ resourceNamesSubscribe: ['x'.repeat(11)] }), invalid)
  assert.throws(request({ resourceNamesSubscribe: ['ü'.repeat(6)] }), invalid)
  assert.throws(request({ initialResourceVersions: { ['x'.repeat(11)]: '' } }), invalid)
  assert.throws(request({ typeUrl: 'x'.repeat(11) }), invalid)
  assert.throws(request({ node: { id: 'x'.repeat(60) } }), invalid)
})

test('a metadata key __proto__ is a key', () => {
  const fields = JSON.parse('{"__proto__": {"stringValue": "x"}, "constructor": {"stringValue": "y"}}')
  const { node } = decoders.delta(encodeRequest('delta', { node: { id: 'n', metadata: { fields } }, typeUrl: 't' }))
  assert.ok(node !== undefined)
  const { metadata } = decodeNode(node)
  assert.equal(Object.hasOwn(metadata, 'constructor'), true)
  assert.equal('x' in {}, false)
})

test('equal long requests are decoded once, and another one does not get their answer', () => {
  const names = Array.from({ length: 200 }, (_, index) => `resource-${index}`)
  const body = encodeRequest('delta', { typeUrl: 't', resourceNamesSubscribe: names })
  const first = decoders.delta(body)
  assert.equal(decoders.delta(Buffer.from(body)), first)
  const other = encodeRequest('delta', { typeUrl: 't', resourceNamesSubscribe: [...names.slice(1), 'resource-x'] })
  assert.deepEqual(decoders.delta(other).names.at(-1), 'resource-x')
})
