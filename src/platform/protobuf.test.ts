import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodedResource, messageBytes } from './encoded-resource.ts'
import { loadProtos } from './protobuf.ts'

test('a wrapped resource decodes as an entry of a delta response and of a whole response', () => {
  const root = loadProtos(['envoy/service/discovery/v3/discovery.proto'])
  const value = Buffer.from([1, 2, 3, 200])
  const resource = encodedResource('type.googleapis.com/x.Y', 'name-1', value)
  const delta = root.lookupType('envoy.service.discovery.v3.DeltaDiscoveryResponse').decode(resource.wrapped)
  assert.deepEqual(delta.toJSON(), {
    resources: [
      {
        name: 'name-1',
        version: resource.version,
        resource: { type_url: 'type.googleapis.com/x.Y', value: value.toString('base64') },
      },
    ],
  })
  const whole = root.lookupType('envoy.service.discovery.v3.DiscoveryResponse').decode(resource.any)
  assert.deepEqual(whole.toJSON(), {
    resources: [{ type_url: 'type.googleapis.com/x.Y', value: value.toString('base64') }],
  })
})

test('the message of a resource is read back whole, whatever its size', () => {
  for (const sizeBytes of [0, 1, 127, 128, 300, 70_000]) {
    const value = Buffer.alloc(sizeBytes, 7)
    assert.deepEqual(messageBytes(encodedResource('type.googleapis.com/x.Y', 'n', value)), value)
  }
})
