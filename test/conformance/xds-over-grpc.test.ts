/** The ADS server over real sockets, with grpc-js as the client. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { credentials, status as grpcStatus } from '@grpc/grpc-js'
import { createGrpcServer, type GrpcServerOptions } from '../../src/grpc/server.ts'
import { type BidiStream, GrpcClient, statusOf } from '../../src/grpc/testing/grpc-client.ts'
import { createTestAuthority } from '../../src/grpc/testing/test-authority.ts'
import { systemClock } from '../../src/platform/clock.ts'
import type { GrpcCode } from '../../src/platform/error-codes.ts'
import { silentLog } from '../../src/platform/log.ts'
import { createAdsServer } from '../../src/xds/ads-server.ts'
import type { ClientStream } from '../../src/xds/testing/client-stream.ts'
import { type XdsRig, xdsSuite } from '../../src/xds/testing/xds-suite.ts'

const settleMs = 150
const anyPort = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const

xdsSuite(rig('plaintext TCP', async () => ({ listen: anyPort })))

const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-xds-'))
xdsSuite(rig('a Unix socket', async () => ({ listen: { kind: 'unix', path: `${directory}/socket`, mode: 0o600 } })))
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))

xdsSuite(
  rig('TLS', async () => {
    const authority = await createTestAuthority('mesh')
    const own = await authority.leaf({ dns: ['localhost'], ips: ['127.0.0.1'] })
    const tls = { chainPem: own.certPem, keyPem: own.keyPem, trustPem: authority.rootPem }
    return { listen: anyPort, tls, root: authority.rootPem }
  }),
)

type Where = Pick<GrpcServerOptions, 'listen' | 'tls'> & { readonly root?: string }

function rig(name: string, where: () => Promise<Where>): XdsRig {
  return {
    name,
    async start(tables) {
      const { root, ...listening } = await where()
      const server = createGrpcServer({ ...listening, log: silentLog, clock: systemClock })
      const ads = createAdsServer({ directory: tables, log: silentLog, clock: systemClock, settleMs })
      for (const method of ads.methods) server.register(method)
      const address = await server.start()
      const target = 'port' in address ? `${address.host}:${address.port}` : `unix:${address.path}`
      const client = new GrpcClient(
        target,
        root === undefined ? credentials.createInsecure() : credentials.createSsl(Buffer.from(root)),
      )
      return {
        ads,
        open: method => clientStream(client.bidi(method)),
        settle: () => sleep(settleMs + 10),
        async stop() {
          client.close()
          await server.stop()
        },
      }
    },
  }
}

function clientStream(stream: BidiStream): ClientStream {
  return {
    send: body => void stream.write(Buffer.from(body)),
    onMessage: handler => void stream.on('data', handler),
    onEnd: handler =>
      void statusOf(stream).then(({ code, details }) =>
        handler({ code: grpcStatus[code] as GrpcCode | 'OK', message: details }),
      ),
    halfClose: () => void stream.end(),
    cancel: () => stream.cancel(),
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
  }
}
