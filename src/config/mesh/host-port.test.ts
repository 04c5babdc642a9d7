import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHostPort } from './host-port.ts'

test('a host with a port is a name, an IPv4 address, or an IPv6 address in brackets', () => {
  for (const text of ['a:1', 'a.b-c.example.:65535', '192.0.2.1:80', '[2001:db8::1]:80'])
    assert.ok(isHostPort(text), text)
  for (const text of [
    '',
    'a',
    'a:',
    ':1',
    'a:0',
    'a:65536',
    'a_b:1',
    '2001:db8::1:80',
    '[a]:80',
    '[]:80',
    'http://a:1',
    'a:1:2',
  ])
    assert.ok(!isHostPort(text), text)
})
