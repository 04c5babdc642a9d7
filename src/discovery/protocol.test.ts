import assert from 'node:assert/strict'
import test from 'node:test'
import { type PortDescription, protocolOf } from './protocol.ts'

const cases: readonly (readonly [string, PortDescription, string])[] = [
  ['the port name is the protocol', { name: 'http' }, 'http'],
  ['the prefix of the port name counts', { name: 'grpc-api' }, 'grpc'],
  ['grpc-web is not grpc', { name: 'grpc-web-ui' }, 'grpc-web'],
  ['case does not matter', { name: 'HTTP2-x' }, 'http2'],
  ['a prefix needs its dash', { name: 'httpserver' }, 'auto'],
  ['appProtocol wins over the name', { appProtocol: 'tcp', name: 'http' }, 'tcp'],
  ['Kubernetes has names of its own', { appProtocol: 'kubernetes.io/h2c', name: 'x' }, 'http2'],
  ['a web socket begins as HTTP', { appProtocol: 'kubernetes.io/ws' }, 'http'],
  ['an unknown appProtocol is sniffed, whatever the name', { appProtocol: 'example.com/own', name: 'http' }, 'auto'],
  ['UDP is UDP whatever it is called', { transport: 'UDP', name: 'http-x' }, 'udp'],
  ['a server that speaks first is not sniffed', { name: 'db', number: 3306 }, 'tcp'],
  ['a stated protocol wins over the port number', { name: 'http', number: 3306 }, 'http'],
  ['nothing known is sniffed', { name: 'web', number: 8080 }, 'auto'],
  ['nothing at all is sniffed', {}, 'auto'],
]
for (const [name, port, expected] of cases) test(name, () => assert.equal(protocolOf(port), expected))
