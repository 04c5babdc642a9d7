/** Writes an answer: at once, or piece by piece no faster than the reader takes it. */

import type { ServerResponse } from 'node:http'
import type { Clock } from '../platform/clock.ts'
import type { RouteAnswer } from './routes/route.ts'

/** A reader that takes nothing for so long is cut off: it holds what was made for it, and a place among the connections. */
export const slowReaderMs = 30_000

export interface AnswerOptions {
  readonly clock: Clock
  readonly method: string
  /** Aborted when nothing more is to be written. */
  readonly signal: AbortSignal
}

/** Resolves when all is written or the connection is gone. Throws what the body's iterator throws, after cutting the connection. */
export async function sendAnswer(response: ServerResponse, answer: RouteAnswer, options: AnswerOptions): Promise<void> {
  const whole = typeof answer.body === 'string' || Buffer.isBuffer(answer.body)
  response.writeHead(answer.status, {
    'content-type': answer.contentType,
    ...(whole ? { 'content-length': Buffer.byteLength(answer.body as string | Buffer) } : {}),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(answer.headers as Record<string, string | string[]> | undefined),
  })
  if (options.method === 'HEAD' || answer.status === 304) {
    response.end()
    return
  }
  if (typeof answer.body === 'string' || Buffer.isBuffer(answer.body)) {
    response.end(answer.body)
    return
  }
  // The header is told at once: a watch may have nothing else to tell for a long time.
  response.flushHeaders()
  try {
    for await (const piece of answer.body) {
      if (!response.write(piece)) await drained(response, options)
      if (options.signal.aborted || response.destroyed) break
    }
    response.end()
  } catch (error) {
    response.destroy()
    throw error
  }
}

function drained(response: ServerResponse, { clock, signal }: AnswerOptions): Promise<void> {
  return new Promise(resolve => {
    const patience = clock.after(slowReaderMs, () => response.destroy())
    const done = (): void => {
      patience.cancel()
      response.off('drain', done)
      response.off('close', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    response.once('drain', done)
    response.once('close', done)
    signal.addEventListener('abort', done, { once: true })
    if (response.destroyed || signal.aborted) done()
  })
}
