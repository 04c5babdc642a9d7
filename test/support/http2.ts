/** HTTP/2 in clear text, as applications speak it to the proxy beside them. */

import http2 from 'node:http2'
import type { TestContext } from 'node:test'

/** Answers the caller's `x-forwarded-client-cert`; ends with the test. */
export async function startHttp2Server(t: TestContext, host: string, port: number): Promise<void> {
  const server = http2.createServer((request, response) => {
    response.end(String(request.headers['x-forwarded-client-cert'] ?? ''))
  })
  const sessions = new Set<http2.ServerHttp2Session>()
  server.on('session', session => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
  })
  await new Promise<void>(resolve => server.listen(port, host, resolve))
  t.after(() => {
    server.close()
    for (const session of sessions) session.destroy()
  })
}

export interface Http2Target {
  readonly address: string
  readonly port: number
  readonly host: string
  readonly path: string
}

/** Without an upgrade, as gRPC clients do. */
export function http2Call({ address, port, host, path }: Http2Target): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`http://${address}:${port}`)
    session.on('error', reject)
    const stream = session.request({ ':path': path, ':authority': host })
    let status = 0
    let body = ''
    stream.on('response', headers => {
      status = headers[':status'] ?? 0
    })
    stream.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    stream.on('error', reject)
    stream.on('end', () => {
      session.close()
      resolve({ status, body })
    })
    stream.end()
  })
}
