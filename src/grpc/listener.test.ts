import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { systemClock } from '../platform/clock.ts'
import { listen } from './listener.ts'

test('CVE-2022-23635: what throws when a connection begins ends that connection and no other', async () => {
  const refused: string[] = []
  let served = 0
  const listener = await listen({
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    tls: undefined,
    limits: { handshakeMs: 1000, maxHandshakes: 10, handshakesPerAddress: 10, maxConnections: 10 },
    clock: systemClock,
    onSocket(socket) {
      served += 1
      if (served === 1) throw new TypeError('a certificate that nobody thought of')
      socket.end('served')
    },
    onRefused: ({ reason }) => refused.push(reason),
    onShed: ({ reason }) => refused.push(reason),
  })
  assert.ok('port' in listener.address)
  const { port } = listener.address
  const said = async (): Promise<string> => {
    const socket = net.connect(port, '127.0.0.1')
    let text = ''
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    socket.on('error', () => undefined)
    await once(socket, 'close')
    return text
  }
  assert.equal(await said(), '')
  assert.equal(await said(), 'served')
  assert.deepEqual(refused, ['a certificate that nobody thought of'])
  listener.close()
})
