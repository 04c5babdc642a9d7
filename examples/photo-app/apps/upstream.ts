/** How a tier calls the next one: in plaintext to its own Envoy on loopback, naming the service in the Host header. */

import http from 'node:http'

export interface Upstream {
  /** `HOST:PORT` where this workload's Envoy listens for calls to the service. */
  readonly via: string
  /** The service's name in the mesh. */
  readonly host: string
}

export interface UpstreamAnswer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

const agent = new http.Agent({ keepAlive: true })

export function get(upstream: Upstream, path: string): Promise<UpstreamAnswer> {
  const [host, port] = upstream.via.split(':')
  return new Promise((resolve, reject) => {
    const request = http.get(
      { host, port, path, agent, headers: { host: upstream.host }, timeout: 10_000 },
      response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        )
      },
    )
    request.on('timeout', () => request.destroy(new Error('no answer within 10 s')))
    request.on('error', reject)
  })
}

/** Serves until SIGTERM; `address` is `HOST:PORT`. Prints `ready` once it listens. */
export function serve(
  address: string,
  handler: (path: string, request: http.IncomingMessage) => Promise<Answer>,
): void {
  const [host, port] = address.split(':')
  const server = http.createServer((request, response) => {
    handler(request.url ?? '/', request).then(
      answer => {
        response.writeHead(answer.status, { 'content-type': answer.contentType, ...answer.headers })
        response.end(answer.body)
      },
      (error: Error) => {
        response.writeHead(502, { 'content-type': 'text/plain' })
        response.end(`${error.message}\n`)
      },
    )
  })
  // Longer than Envoy keeps an idle connection to it, so that no request meets a connection that is just closing.
  server.keepAliveTimeout = 2 * 3600 * 1000
  server.listen(Number(port), host, () => process.stdout.write('ready\n'))
  process.on('SIGTERM', () => server.close(() => process.exit(0)).closeIdleConnections())
}

export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

export function json(value: unknown): Answer {
  return { status: 200, contentType: 'application/json', body: JSON.stringify(value) }
}

/** Who called, by the certificate that this workload's Envoy has verified. */
export function callerOf(request: http.IncomingMessage): string {
  return String(request.headers['x-forwarded-client-cert'] ?? '')
}
