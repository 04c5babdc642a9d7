import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MeshwrightError } from '../platform/errors.ts'
import { loadProtos } from '../platform/protobuf.ts'
import { deltaRequest, deltaResponse, parseDeltaRequest, parseDeltaResponse } from './relay/delta-messages.ts'
import { parseSotwRequest, parseSotwResponse, sotwRequest } from './relay/sotw-messages.ts'
import { wireFields } from './wire-fields.ts'

const root = loadProtos(['envoy/service/discovery/v3/discovery.proto'])
const type = (name: string) => root.lookupType(`envoy.service.discovery.v3.${name}`)
const encode = (name: string, message: object): Buffer =>
  Buffer.from(type(name).encode(type(name).fromObject(message)).finish())

test("requests and responses that Envoy's schema writes are read, and those written are read by it", () => {
  const request = encode('DeltaDiscoveryRequest', {
    node: { id: 'n' },
    typeUrl: 't',
    resourceNamesSubscribe: ['a', 'ü'],
    resourceNamesUnsubscribe: ['b'],
    initialResourceVersions: { c: '1' },
    responseNonce: 'x',
    errorDetail: { code: 13, message: 'm' },
  })
  const parsed = parseDeltaRequest(request)
  assert.deepEqual(
    { ...parsed, node: undefined },
    {
      node: undefined,
      typeUrl: 't',
      subscribe: ['a', 'ü'],
      unsubscribe: ['b'],
      initialVersions: new Map([['c', '1']]),
      nonce: 'x',
      isRefusal: true,
    },
  )
  const written = type('DeltaDiscoveryRequest').decode(
    deltaRequest({ typeUrl: 't', subscribe: ['a'], unsubscribe: ['b'], initialVersions: new Map([['c', '1']]) }),
  )
  assert.deepEqual(written.toJSON(), {
    typeUrl: 't',
    resourceNamesSubscribe: ['a'],
    resourceNamesUnsubscribe: ['b'],
    initialResourceVersions: { c: '1' },
  })
  const response = encode('DeltaDiscoveryResponse', {
    resources: [{ name: 'r', version: 'v' }],
    typeUrl: 't',
    nonce: 'x',
    removedResources: ['gone'],
    removedResourceNames: [{ name: 'gone too' }],
  })
  const { resources, ...rest } = parseDeltaResponse(response)
  assert.deepEqual(rest, { typeUrl: 't', nonce: 'x', removed: ['gone', 'gone too'] })
  const again = type('DeltaDiscoveryResponse').decode(
    deltaResponse({ typeUrl: 't', nonce: 'y', resources, removed: ['z'] }),
  )
  assert.deepEqual(again.toJSON(), {
    resources: [{ name: 'r', version: 'v' }],
    typeUrl: 't',
    nonce: 'y',
    removedResources: ['z'],
  })
  const sotw = type('DiscoveryRequest').decode(sotwRequest({ typeUrl: 't', version: '1', nonce: '', names: ['a'] }))
  assert.deepEqual(sotw.toJSON(), { versionInfo: '1', resourceNames: ['a'], typeUrl: 't' })
})

test('numbers and fixed-width fields between others are passed over', () => {
  const message = Buffer.from([0x08, 0x96, 0x01, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1d, 1, 2, 3, 4, 0x22, 0x01, 0x41])
  assert.deepEqual(
    [...wireFields(message)].map(({ field, number, bytes }) => [field, number, bytes.toString()]),
    [
      [1, 150, ''],
      [2, 0, ''],
      [3, 0, ''],
      [4, 0, 'A'],
    ],
  )
})

test('any bytes are read or refused, and refused by one kind of error', () => {
  const readers = [parseDeltaRequest, parseDeltaResponse, parseSotwRequest, parseSotwResponse]
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...readers), (bytes, read) => {
      try {
        read(bytes)
      } catch (error) {
        assert.ok(error instanceof MeshwrightError)
      }
    }),
    { numRuns: 2_000 },
  )
})
