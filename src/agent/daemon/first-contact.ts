/**
 * The first contact of an agent that has only a join token: it finds, in the chain that the daemon presents, the root
 * that the token pins, and then demands that the daemon proves its name with that root. Nothing secret is sent before.
 */

import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { type ConnectionOptions, connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { systemClock } from '../../platform/clock.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { NotYetValid } from '../identity/not-yet-valid.ts'
import type { DaemonEndpoint } from './daemon-client.ts'

/**
 * Returns the PEM of the pinned root. `fingerprints`: SHA-256 of the DER, lower-case hexadecimal. Throws
 * AGENT_SERVER_UNTRUSTED when the daemon does not present a pinned root, or does not verify against it;
 * AGENT_CERTIFICATE_NOT_YET_VALID when it only will by this machine's clock; errors of the
 * network (ECONNREFUSED …) are thrown as they are, for they pass.
 */
export async function pinnedRoot(
  endpoint: DaemonEndpoint,
  fingerprints: readonly string[],
  timeoutMs: number,
): Promise<string> {
  const options = connectionOptions(endpoint)
  // Not verified: this handshake only fetches certificates, and the next one proves them.
  const presented = await handshake({ ...options, rejectUnauthorized: false }, timeoutMs, presentedChain)
  const root = presented.find(certificate => fingerprints.includes(fingerprintOf(certificate)))
  if (root === undefined) {
    throw untrusted(endpoint, `none of the ${presented.length} certificates it presents has a pinned fingerprint`)
  }
  const rootPem = root.toString()
  try {
    await handshake(
      { ...options, ca: rootPem, allowPartialTrustChain: true, rejectUnauthorized: true },
      timeoutMs,
      () => undefined,
    )
  } catch (error) {
    if (isNetworkError(error)) throw error
    if ((error as NodeJS.ErrnoException).code === 'CERT_NOT_YET_VALID') throw notYetValid(presented)
    throw untrusted(endpoint, (error as Error).message, error)
  }
  return rootPem
}

function connectionOptions(endpoint: DaemonEndpoint): ConnectionOptions {
  return {
    host: endpoint.address.host,
    port: endpoint.address.port,
    ...(isIP(endpoint.serverName) === 0 ? { servername: endpoint.serverName } : {}),
    ALPNProtocols: ['h2'],
    minVersion: 'TLSv1.3',
  }
}

function handshake<T>(options: ConnectionOptions, timeoutMs: number, read: (socket: TLSSocket) => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const socket = connect(options)
    const fail = (error: Error): void => {
      socket.destroy()
      reject(error)
    }
    socket.setTimeout(timeoutMs, () =>
      fail(Object.assign(new Error('the TLS handshake took too long'), { code: 'ETIMEDOUT' })),
    )
    socket.once('error', fail)
    socket.once('secureConnect', () => {
      try {
        resolve(read(socket))
      } catch (error) {
        reject(error)
      }
      socket.destroy()
    })
  })
}

function presentedChain(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = []
  const seen = new Set<string>()
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
  // A self-signed certificate is its own issuer, which is where the list ends.
  while (next?.raw !== undefined && !seen.has(next.fingerprint256)) {
    seen.add(next.fingerprint256)
    chain.push(new X509Certificate(next.raw))
    next = next.issuerCertificate
  }
  return chain
}

function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase()
}

function notYetValid(presented: readonly X509Certificate[]): NotYetValid {
  const notBeforeMs = Math.max(...presented.map(certificate => Date.parse(certificate.validFrom)))
  return new NotYetValid("the control plane's certificate", notBeforeMs, systemClock.now())
}

function isNetworkError(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return [
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EPIPE',
  ].includes(code)
}

function untrusted(endpoint: DaemonEndpoint, reason: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('AGENT_SERVER_UNTRUSTED', {
    message: `the control plane ${endpoint.serverName} at ${endpoint.address.host}:${endpoint.address.port} is not trusted: ${reason}`,
    remedy: 'Check the server address and name, and make a join token on the daemon that runs there.',
    cause,
  })
}
