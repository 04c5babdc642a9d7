import assert from 'node:assert/strict'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { FakeClock } from '../platform/clock.ts'
import { sendAnswer, slowReaderMs } from './answer.ts'

interface Served {
  readonly port: number
  /** Resolves when the answer has ended, with how many pieces were made. */
  readonly ended: Promise<number>
  made(): number
}

const piece = Buffer.alloc(64 * 1024, 'x')

/** Answers its one request with pieces without end, until told to stop. */
async function serveForever(t: TestContext, clock: FakeClock, signal: AbortSignal): Promise<Served> {
  let count = 0
  async function* pieces(): AsyncGenerator<Buffer> {
    for (;;) {
      count++
      yield piece
    }
  }
  const { promise: ended, resolve } = Promise.withResolvers<number>()
  const server = http.createServer((request, response) => {
    const answer = { status: 200, contentType: 'text/plain', body: pieces() }
    void sendAnswer(response, answer, { clock, method: request.method ?? '', signal }).then(() => resolve(count))
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, ended, made: () => count }
}

test('a stream is made no faster than it is read, and a reader that takes nothing is cut off', async t => {
  const clock = new FakeClock()
  const served = await serveForever(t, clock, new AbortController().signal)
  const socket = net.connect(served.port, '127.0.0.1')
  const closed = new Promise(resolve => socket.once('close', resolve))
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  // Nothing is read: what the two kernels hold fills, and then nothing more is made.
  let before = -1
  while (served.made() === 0 || before !== served.made()) {
    before = served.made()
    for (let turn = 0; turn < 50; turn++) await new Promise(resolve => setImmediate(resolve))
  }
  assert.ok(before > 0 && before < 1000, `${before} pieces`)
  clock.advance(slowReaderMs)
  assert.equal(await served.ended, before)
  socket.resume()
  await closed
})

test('a stream ends when its signal says so', async t => {
  const end = new AbortController()
  const served = await serveForever(t, new FakeClock(), end.signal)
  const answer = await fetch(`http://127.0.0.1:${served.port}/`)
  const reader = answer.body?.getReader()
  await reader?.read()
  end.abort()
  let read = await reader?.read()
  while (read?.done === false) read = await reader?.read()
  assert.ok((await served.ended) > 0)
})
