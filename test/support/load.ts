/** Constant load: a fixed number of requests a second, on connections that are kept or on a new one each, every one counted. */

import http from 'node:http'
import type { TestContext } from 'node:test'
import { type CallTarget, call } from './mesh.ts'

export interface LoadReport {
  readonly sent: number
  readonly failed: number
  /** Distinct reasons with the time of the first, in ms from the start; the first few. */
  readonly reasons: readonly string[]
}

export interface Load {
  /** Sends no more, waits for what is under way, and reports. */
  stop(): Promise<LoadReport>
}

export interface LoadSpec {
  readonly target: Omit<CallTarget, 'agent'>
  readonly perSecond: number
  readonly connections: 'kept' | 'new'
}

/** Ends with the test at the latest. */
export function startLoad(t: Pick<TestContext, 'after'>, { target, perSecond, connections }: LoadSpec): Load {
  const agent = connections === 'kept' ? new http.Agent({ keepAlive: true, maxSockets: 8 }) : undefined
  const reasons = new Map<string, number>()
  const underWay = new Set<Promise<void>>()
  const startMs = performance.now()
  let sent = 0
  let failed = 0
  const send = (): void => {
    sent++
    const one = call(agent === undefined ? target : { ...target, agent }).then(({ status, body, fault }) => {
      underWay.delete(one)
      if (status === 200) return
      failed++
      const reason = fault || `${status} ${body.slice(0, 160).trim()}`
      if (!reasons.has(reason)) reasons.set(reason, Math.round(performance.now() - startMs))
    })
    underWay.add(one)
  }
  const timer = setInterval(send, 1000 / perSecond)
  t.after(() => clearInterval(timer))
  return {
    async stop() {
      clearInterval(timer)
      await Promise.all(underWay)
      agent?.destroy()
      return { sent, failed, reasons: [...reasons].slice(0, 5).map(([reason, atMs]) => `${atMs} ms: ${reason}`) }
    },
  }
}
