/**
 * What every way of reaching a gRPC server must do, as seen by grpc-js. A rig starts a server with the given methods and
 * says how to connect; the suite is run on each transport.
 */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, suite, test } from 'node:test'
import { status } from '@grpc/grpc-js'
import { MeshwrightError } from '../../platform/errors.ts'
import { type Duplex, frameOf, type PeerIdentity, type RpcMethod, type UnaryCall } from '../../platform/rpc.ts'
import { type BidiStream, type GrpcClient, statusOf } from './grpc-client.ts'

export interface GrpcRig {
  readonly name: string
  start(methods: readonly RpcMethod[]): Promise<{ readonly client: GrpcClient; stop(): Promise<void> }>
  /** What the server must know about the client. */
  checkPeer(peer: PeerIdentity): void
}

export function grpcSuite(rig: GrpcRig): void {
  suite(`gRPC over ${rig.name}`, () => {
    const service = createTestService()
    let server: Awaited<ReturnType<GrpcRig['start']>>
    before(async () => {
      server = await rig.start(service.methods)
    })
    after(async () => {
      server.client.close()
      await server.stop()
    })

    test('a unary call gets its answer and its initial metadata', async () => {
      const result = await server.client.unary('/test.Service/Echo', Buffer.from('hello'))
      assert.equal(result.code, status.OK)
      assert.equal(String(result.body), 'hello')
      assert.equal(result.initial['x-server'], 'meshwright')
      assert.deepEqual(result.initial['x-bytes-bin'], Buffer.from([0, 255, 1]))
    })

    test('an empty message and an empty answer are messages', async () => {
      const result = await server.client.unary('/test.Service/Echo', Buffer.alloc(0))
      assert.equal(result.code, status.OK)
      assert.equal(result.body?.length, 0)
    })

    test('the server knows the peer from the transport alone', async () => {
      await server.client.unary('/test.Service/Echo', Buffer.from('x'))
      assert.ok(service.lastCall !== undefined)
      rig.checkPeer(service.lastCall.peer)
    })

    test('metadata arrives in lower case, repeated keys joined, binary values as base64', async () => {
      const headers = { 'X-Text': ['a', 'b'], 'x-raw-bin': [Buffer.from([1, 2, 250]), Buffer.from([7])] }
      await server.client.unary('/test.Service/Echo', Buffer.from('x'), { headers })
      const { metadata } = service.lastCall ?? assert.fail('no call')
      assert.equal(metadata['x-text']?.replaceAll(' ', ''), 'a,b')
      assert.deepEqual(
        metadata['x-raw-bin']?.split(',').map(text => [...Buffer.from(text, 'base64')]),
        [[1, 2, 250], [7]],
      )
      assert.equal(metadata[':path'], undefined)
      assert.equal(metadata['grpc-timeout'], undefined)
    })

    test('a message just below the limit passes in both directions and a larger one is refused', async () => {
      const large = Buffer.alloc(4 * 1024 * 1024, 'm')
      const fits = await server.client.unary('/test.Service/Echo', large)
      assert.equal(fits.code, status.OK)
      assert.ok(fits.body?.equals(large))
      const tooLarge = await server.client.unary('/test.Service/Echo', Buffer.alloc(4 * 1024 * 1024 + 1))
      assert.equal(tooLarge.code, status.RESOURCE_EXHAUSTED)
      assert.match(tooLarge.details, /4194305 bytes/)
    })

    test('an unknown path is UNIMPLEMENTED', async () => {
      const result = await server.client.unary('/test.Service/Nothing', Buffer.from('x'))
      assert.equal(result.code, status.UNIMPLEMENTED)
      assert.equal(result.details, 'unknown method /test.Service/Nothing')
    })

    test('a thrown MeshwrightError is its status and its message, whatever characters that has', async () => {
      const result = await server.client.unary('/test.Service/Refuse', Buffer.from('100 % “näh”\nline two '))
      assert.equal(result.code, status.UNAVAILABLE)
      assert.equal(result.details, '100 % “näh”\nline two ')
    })

    test('anything else thrown is INTERNAL and tells nothing', async () => {
      const result = await server.client.unary('/test.Service/Break', Buffer.from('x'))
      assert.equal(result.code, status.INTERNAL)
      assert.equal(result.details, 'internal error')
    })

    test('a deadline ends the call and aborts the handler', async () => {
      const call = service.nextSlowCall()
      const result = await server.client.unary('/test.Service/Slow', Buffer.from('x'), { timeoutMs: 30 })
      assert.equal(result.code, status.DEADLINE_EXCEEDED)
      await abortOf((await call).signal)
    })

    test('a caller that cancels aborts the handler', async () => {
      const cancel = new AbortController()
      const call = service.nextSlowCall()
      const result = server.client.unary('/test.Service/Slow', Buffer.from('x'), { signal: cancel.signal })
      const { signal } = await call
      cancel.abort()
      await abortOf(signal)
      assert.equal((await result).code, status.CANCELLED)
    })

    test('a bidirectional stream carries messages both ways, in order, and ends with OK after the half-close', async () => {
      const stream = server.client.bidi('/test.Service/EchoStream')
      const answers = collect(stream)
      const sent = Array.from({ length: 200 }, (_, i) => `message ${i} ${'x'.repeat(i * 20)}`)
      for (const text of sent) stream.write(Buffer.from(text))
      stream.end()
      assert.equal((await statusOf(stream)).code, status.OK)
      assert.deepEqual(answers.map(String), sent)
    })

    test('a stream answers before the client has finished', async () => {
      const stream = server.client.bidi('/test.Service/EchoStream')
      for (const text of ['one', 'two', 'three']) {
        stream.write(Buffer.from(text))
        const [answer] = await once(stream, 'data')
        assert.equal(String(answer), text)
      }
      stream.end()
      assert.equal((await statusOf(stream)).code, status.OK)
    })

    test('a frame of many pieces and several megabytes arrives whole, and the stream drains', async () => {
      const stream = server.client.bidi('/test.Service/Flood')
      const answers = collect(stream)
      stream.write(Buffer.from('40'))
      const end = await statusOf(stream)
      assert.equal(end.code, status.OK)
      assert.equal(answers.length, 40)
      assert.ok(answers.every(answer => answer.equals(floodBody)))
    })

    test('a stream goes on after the client has finished sending', async () => {
      const stream = server.client.bidi('/test.Service/CountDown')
      const answers = collect(stream)
      stream.write(Buffer.from('3'))
      stream.end()
      assert.equal((await statusOf(stream)).code, status.OK)
      assert.deepEqual(answers.map(String), ['3', '2', '1'])
    })

    test('a stream can be refused before anything is sent', async () => {
      const stream = server.client.bidi('/test.Service/RefuseStream')
      const end = await statusOf(stream)
      assert.equal(end.code, status.PERMISSION_DENIED)
      assert.equal(end.details, 'not you')
    })

    test('an exception in a stream handler ends that stream and no other', async () => {
      const other = server.client.bidi('/test.Service/EchoStream')
      const stream = server.client.bidi('/test.Service/BreakStream')
      stream.write(Buffer.from('x'))
      const end = await statusOf(stream)
      assert.equal(end.code, status.INTERNAL)
      assert.equal(end.details, 'internal error')
      other.write(Buffer.from('still here'))
      const [answer] = await once(other, 'data')
      assert.equal(String(answer), 'still here')
      other.end()
      assert.equal((await statusOf(other)).code, status.OK)
    })

    test('a stream that the client cancels is closed once', async () => {
      const events = service.nextStreamEvents()
      const stream = server.client.bidi('/test.Service/EchoStream')
      stream.write(Buffer.from('x'))
      await once(stream, 'data')
      stream.cancel()
      // node:http2 clients half-close in the same breath; a bare reset is in abuse.test.ts.
      assert.deepEqual(
        (await events).filter(event => event !== 'half-close'),
        ['message', 'close'],
      )
    })

    test('a deadline ends a stream', async () => {
      const stream = server.client.bidi('/test.Service/EchoStream', { timeoutMs: 30 })
      assert.equal((await statusOf(stream)).code, status.DEADLINE_EXCEEDED)
    })
  })
}

/** Resolves when it is aborted, at once when it was. */
async function abortOf(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

function collect(stream: BidiStream): Buffer[] {
  const answers: Buffer[] = []
  stream.on('data', (answer: Buffer) => answers.push(answer))
  return answers
}

const floodPieces = Array.from({ length: 50 }, (_, i) => Buffer.alloc(1 + i * 1000, String(i)))
const floodBody = Buffer.concat(floodPieces)

interface TestService {
  readonly methods: readonly RpcMethod[]
  readonly lastCall: UnaryCall | undefined
  /** The next call of Slow, which answers only when it is aborted. */
  nextSlowCall(): Promise<UnaryCall>
  /** What the next EchoStream sees, once it is closed. */
  nextStreamEvents(): Promise<readonly string[]>
}

function createTestService(): TestService {
  let lastCall: UnaryCall | undefined
  let slow: (call: UnaryCall) => void = () => undefined
  let streamClosed: (events: readonly string[]) => void = () => undefined
  const echo = async (call: UnaryCall): Promise<{ body: Uint8Array; metadata: Record<string, string> }> => {
    lastCall = call
    return { body: call.body, metadata: { 'x-server': 'meshwright', 'x-bytes-bin': 'AP8B' } }
  }
  const methods: readonly RpcMethod[] = [
    { kind: 'unary', path: '/test.Service/Echo', handle: echo },
    {
      kind: 'unary',
      path: '/test.Service/Refuse',
      handle: async call => {
        throw new MeshwrightError('GRPC_LISTEN', { message: Buffer.from(call.body).toString() })
      },
    },
    {
      kind: 'unary',
      path: '/test.Service/Break',
      handle: async () => {
        throw new Error('secret reason')
      },
    },
    {
      kind: 'unary',
      path: '/test.Service/Slow',
      handle: async call => {
        slow(call)
        await abortOf(call.signal)
        throw new Error('aborted')
      },
    },
    {
      kind: 'duplex',
      path: '/test.Service/EchoStream',
      handle: stream => echoStream(stream, events => streamClosed(events)),
    },
    { kind: 'duplex', path: '/test.Service/Flood', handle: flood },
    { kind: 'duplex', path: '/test.Service/CountDown', handle: countDown },
    {
      kind: 'duplex',
      path: '/test.Service/RefuseStream',
      handle: stream => stream.close({ code: 'PERMISSION_DENIED', message: 'not you' }),
    },
    {
      kind: 'duplex',
      path: '/test.Service/BreakStream',
      handle: stream =>
        stream.onMessage(() => {
          throw new Error('secret reason')
        }),
    },
  ]
  return {
    methods,
    get lastCall() {
      return lastCall
    },
    nextSlowCall: () =>
      new Promise(resolve => {
        slow = resolve
      }),
    nextStreamEvents: () =>
      new Promise(resolve => {
        streamClosed = resolve
      }),
  }
}

function echoStream(stream: Duplex, onClosed: (events: readonly string[]) => void): void {
  const events: string[] = []
  stream.onMessage(body => {
    events.push('message')
    stream.send(frameOf(Buffer.from(body)))
  })
  stream.onHalfClose(() => {
    events.push('half-close')
    stream.close({ code: 'OK', message: '' })
  })
  stream.onClose(() => {
    events.push('close')
    onClosed(events)
  })
}

/** Answers only once the client has finished, one message in each turn of the event loop. */
function countDown(stream: Duplex): void {
  let left = 0
  const next = (): void => {
    if (left === 0) {
      stream.close({ code: 'OK', message: '' })
      return
    }
    stream.send(frameOf(Buffer.from(String(left))))
    left -= 1
    setImmediate(next)
  }
  stream.onMessage(body => {
    left = Number(Buffer.from(body).toString())
  })
  stream.onHalfClose(next)
}

/** Sends as many large frames as the first message asks for, and waits for the drain whenever the socket is full. */
function flood(stream: Duplex): void {
  const [prefix] = frameOf(floodBody)
  const frame = [prefix ?? assert.fail('no prefix'), ...floodPieces]
  let left = 0
  const sendMore = (): void => {
    while (left > 0) {
      left -= 1
      if (!stream.send(frame)) break
    }
    if (left === 0) stream.close({ code: 'OK', message: '' })
  }
  stream.onMessage(body => {
    left = Number(Buffer.from(body).toString())
    sendMore()
  })
  stream.onDrain(sendMore)
}
