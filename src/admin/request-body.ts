/** The body of a request, up to a limit, as JSON or as bytes. */

import type { IncomingMessage } from 'node:http'
import { MeshwrightError } from '../platform/errors.ts'
import type { Route } from './routes/route.ts'

const usualLimitBytes = 64 * 1024

/** Undefined: there is none. Throws `REQUEST_TOO_LARGE`, `REQUEST_INVALID`. */
export async function readBody(
  request: IncomingMessage,
  route: Pick<Route, 'body' | 'bodyLimitBytes'>,
): Promise<unknown> {
  const limitBytes = route.bodyLimitBytes ?? usualLimitBytes
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes)
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > limitBytes) throw tooLarge(limitBytes)
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  if (route.body === 'bytes') return bytes
  if (bytes.length === 0) return undefined
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw new MeshwrightError('REQUEST_INVALID', { message: 'the body is not JSON', cause })
  }
}

function tooLarge(limitBytes: number): MeshwrightError {
  return new MeshwrightError('REQUEST_TOO_LARGE', { message: `the body is larger than ${limitBytes} bytes` })
}
