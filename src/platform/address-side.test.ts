import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peerSide } from './address-side.ts'

test('all addresses of one machine count as one', () => {
  assert.equal(peerSide('192.0.2.1:4711'), '192.0.2.1')
  assert.equal(peerSide('[::ffff:192.0.2.1]:1'), '::ffff:192.0.2.1')
  assert.equal(peerSide('[2001:db8:1:2:a::1]:4711'), peerSide('[2001:db8:1:2:b:c:d:e]:4712'))
  assert.notEqual(peerSide('[2001:db8:1:2::1]:4711'), peerSide('[2001:db8:1:3::1]:4711'))
  assert.equal(peerSide('[::1]:80'), '0:0:0:0')
  assert.equal(peerSide('a name'), 'a name')
})
