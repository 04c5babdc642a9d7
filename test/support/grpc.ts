/** A gRPC service of bare bytes, and one call of it. */

import type { TestContext } from 'node:test'
import { Client, credentials, Server, ServerCredentials, type StatusObject } from '@grpc/grpc-js'

const pass = (bytes: Buffer): Buffer => bytes

/** Answers `/test.Echo/METHOD` with the caller's `x-forwarded-client-cert`; ends with the test. */
export async function startGrpcServer(
  t: TestContext,
  host: string,
  port: number,
  methods: readonly string[],
): Promise<void> {
  const server = new Server()
  for (const method of methods) {
    const definition = {
      path: `/test.Echo/${method}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: pass,
      requestDeserialize: pass,
      responseSerialize: pass,
      responseDeserialize: pass,
    } as const
    server.addService(
      { [method]: definition },
      {
        [method]: (
          call: { metadata: { get(name: string): unknown[] } },
          answer: (error: null, value: Buffer) => void,
        ) => answer(null, Buffer.from(String(call.metadata.get('x-forwarded-client-cert')[0] ?? ''))),
      },
    )
  }
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), error =>
      error === null ? resolve() : reject(error),
    )
  })
  t.after(() => server.forceShutdown())
}

export interface GrpcResult {
  readonly code: number
  readonly details: string
  readonly body: string
}

/** Through the proxy at `host:port`, for the service `authority`. */
export function grpcCall(host: string, port: number, authority: string, method: string): Promise<GrpcResult> {
  const client = new Client(`${host}:${port}`, credentials.createInsecure(), {
    'grpc.default_authority': authority,
    'grpc.use_local_subchannel_pool': 1,
  })
  return new Promise(resolve => {
    let body = ''
    const path = `/test.Echo/${method}`
    const call = client.makeUnaryRequest(
      path,
      pass,
      pass,
      Buffer.from('x'),
      { deadline: Date.now() + 5_000 },
      (_error, answer) => {
        body = answer?.toString() ?? ''
      },
    )
    call.on('status', ({ code, details }: StatusObject) => {
      setImmediate(() => {
        client.close()
        resolve({ code, details, body })
      })
    })
  })
}
