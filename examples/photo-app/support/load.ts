/** Constant load: a fixed number of requests a second, every one counted. */

import http from 'node:http'
import { request, type Target } from './request.ts'

export interface LoadReport {
  readonly sent: number
  readonly failed: number
  /** Distinct reasons, the first few. */
  readonly reasons: readonly string[]
}

export interface Load {
  /** Sends no more, waits for what is under way, and reports. */
  stop(): Promise<LoadReport>
}

export function startLoad(target: Target, perSecond: number): Load {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 16 })
  const reasons = new Set<string>()
  const underWay = new Set<Promise<void>>()
  let sent = 0
  let failed = 0
  const send = (): void => {
    sent++
    const one = request({ ...target, agent }).then(outcome => {
      underWay.delete(one)
      if (outcome.status === 200) return
      failed++
      reasons.add(outcome.fault || `${outcome.status} ${outcome.body.slice(0, 80).trim()}`)
    })
    underWay.add(one)
  }
  const timer = setInterval(send, 1000 / perSecond)
  return {
    async stop() {
      clearInterval(timer)
      await Promise.all(underWay)
      agent.destroy()
      return { sent, failed, reasons: [...reasons].slice(0, 3) }
    },
  }
}
