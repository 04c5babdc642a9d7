/**
 * The server process of `floor.ts`: the same ready bytes, sent on bare node:http2 (the floor: no path, no envelope read,
 * no limit, no status) or by our server. Started with the variant and the material as JSON; says its port when it listens.
 */

import http2, { type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { createGrpcServer, type TlsMaterial } from '../../src/grpc/server.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { lengthDelimited } from '../../src/platform/encoded-resource.ts'
import { silentLog } from '../../src/platform/log.ts'
import { type Frame, frameOf } from '../../src/platform/rpc.ts'

export type FloorVariant = 'bare' | 'ours'

export interface FloorServerOptions {
  readonly variant: FloorVariant
  readonly tls?: TlsMaterial
  /** Of each message's `resources`; a message is a DeltaDiscoveryResponse. */
  readonly messageBytes: readonly number[]
}

export const floorPath = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources'

/** One response per size: resources, then type and nonce, as any encoder orders them. */
export function floorFrames(messageBytes: readonly number[]): readonly Frame[] {
  return messageBytes.map((bytes, i) =>
    frameOf(
      Buffer.concat([
        lengthDelimited(2, Buffer.alloc(bytes, i)),
        lengthDelimited(4, Buffer.from(`type.example/${i}`)),
        lengthDelimited(5, Buffer.from(`nonce-${i}`)),
      ]),
    ),
  )
}

async function serve(options: FloorServerOptions): Promise<number> {
  const frames = floorFrames(options.messageBytes)
  return options.variant === 'bare' ? await serveBare(options, frames) : await serveOurs(options, frames)
}

async function serveOurs({ tls }: FloorServerOptions, frames: readonly Frame[]): Promise<number> {
  const server = createGrpcServer({
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    log: silentLog,
    clock: systemClock,
    ...(tls === undefined ? {} : { tls }),
  })
  server.register({
    kind: 'duplex',
    path: floorPath,
    handle(stream) {
      const waiting = [...frames]
      const send = (): void => {
        for (let frame = waiting.shift(); frame !== undefined; frame = waiting.shift()) if (!stream.send(frame)) return
      }
      stream.onDrain(send)
      // The first message is the subscription; what follows are ACKs.
      let isSubscribed = false
      stream.onMessage(() => {
        if (isSubscribed) return
        isSubscribed = true
        send()
      })
    },
  })
  const address = await server.start()
  return 'port' in address ? address.port : 0
}

async function serveBare({ tls }: FloorServerOptions, frames: readonly Frame[]): Promise<number> {
  const bytes = Buffer.concat(frames.flat())
  const server =
    tls === undefined
      ? http2.createServer()
      : http2.createSecureServer({
          cert: tls.chainPem,
          key: tls.keyPem,
          ca: tls.trustPem,
          requestCert: true,
          rejectUnauthorized: false,
        })
  const sliceBytes = tls === undefined ? bytes.length : 64 * 1024
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
    stream.on('error', () => undefined)
    stream.once('data', () => {
      let at = 0
      const send = (): void => {
        while (at < bytes.length) {
          const part = bytes.subarray(at, at + sliceBytes)
          at += part.length
          if (!stream.write(part)) return
        }
      }
      stream.on('drain', send)
      send()
    })
    stream.on('data', () => undefined)
  })
  await new Promise<void>(resolve => server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, resolve))
  return (server.address() as AddressInfo).port
}

process.on('disconnect', () => process.exit())
if (process.argv[2] !== undefined) process.send?.(await serve(JSON.parse(process.argv[2])))
