import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { loadProtos } from '../../src/platform/protobuf.ts'
import { frameOf } from '../../src/platform/rpc.ts'
import { DeltaResponseScanner, deltaAck } from './delta-response.ts'

const root = loadProtos(['envoy/service/discovery/v3/discovery.proto'])
const responseType = root.lookupType('envoy.service.discovery.v3.DeltaDiscoveryResponse')

test('type and nonce of responses are found in any chunks', () => {
  const response = fc.record({
    systemVersionInfo: fc.string(),
    resources: fc.array(fc.record({ name: fc.string(), version: fc.string() }), { maxLength: 5 }),
    typeUrl: fc.string(),
    nonce: fc.string(),
    removedResources: fc.array(fc.string(), { maxLength: 3 }),
  })
  fc.assert(
    fc.property(fc.array(response, { maxLength: 4 }), fc.integer({ min: 1, max: 50 }), (responses, chunkBytes) => {
      const bytes = Buffer.concat(
        responses.flatMap(one => [...frameOf(responseType.encode(responseType.fromObject(one)).finish())]),
      )
      const seen: unknown[] = []
      const scanner = new DeltaResponseScanner(head => seen.push(head))
      for (let at = 0; at < bytes.length; at += chunkBytes) scanner.push(bytes.subarray(at, at + chunkBytes))
      assert.deepEqual(
        seen,
        responses.map(({ typeUrl, nonce }) => ({ typeUrl: typeUrl.toWellFormed(), nonce: nonce.toWellFormed() })),
      )
    }),
  )
})

test('an ACK names type and nonce', () => {
  const request = root.lookupType('envoy.service.discovery.v3.DeltaDiscoveryRequest')
  const decoded = request.decode(deltaAck({ typeUrl: 'type.example/a', nonce: 'n1' }).subarray(5))
  assert.deepEqual(decoded.toJSON(), { typeUrl: 'type.example/a', responseNonce: 'n1' })
})
