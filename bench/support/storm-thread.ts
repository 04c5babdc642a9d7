/** The clients of a storm, in a thread of their own: what they cost must not delay the one who measures. */

import { setTimeout as sleep } from 'node:timers/promises'
import { createSecureContext } from 'node:tls'
import { parentPort, workerData } from 'node:worker_threads'
import type { ClientTls } from './streams.ts'
import { openUnaryConnection, type UnaryRequest } from './unary-connection.ts'

export interface Storm {
  readonly port: number
  readonly tls: Required<ClientTls>
  readonly request: { readonly path: string; readonly body: Uint8Array }
  readonly clients: number
}

export interface StormReport {
  /** From the beginning to each client's certificate. */
  readonly tookMs: readonly number[]
  readonly turnedAway: number
}

/** As clients of gRPC do, a little quicker. */
const firstBackoffMs = 200
const longestBackoffMs = 5_000

async function rage({ port, tls, request: given, clients }: Storm): Promise<StormReport> {
  const context = createSecureContext({ ca: tls.rootPem, cert: tls.certPem, key: tls.keyPem })
  const request: UnaryRequest = { path: given.path, body: Buffer.from(given.body) }
  let turnedAway = 0
  const once = async (): Promise<boolean> => {
    try {
      const connection = await openUnaryConnection({ port, context })
      const { kind } = await connection.call(request)
      connection.close()
      return kind === 'answered'
    } catch {
      return false
    }
  }
  const untilIssued = async (): Promise<number> => {
    const startMs = performance.now()
    for (let backoffMs = firstBackoffMs; !(await once()); backoffMs = Math.min(longestBackoffMs, backoffMs * 1.6)) {
      turnedAway += 1
      await sleep(backoffMs * (0.5 + Math.random()))
    }
    return performance.now() - startMs
  }
  const tookMs = await Promise.all(Array.from({ length: clients }, untilIssued))
  return { tookMs, turnedAway }
}

parentPort?.postMessage(await rage(workerData as Storm))
