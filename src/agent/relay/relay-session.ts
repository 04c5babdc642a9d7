/**
 * One xDS stream of Envoy, joined to a stream to the daemon that comes and goes. Bytes pass through as they are; the
 * ledger knows enough of them to begin again after a break, and to answer from the last good configuration meanwhile.
 */

import type { Clock, Timer } from '../../platform/clock.ts'
import { lengthDelimited } from '../../platform/encoded-resource.ts'
import { errorFrom } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { type Duplex, frameOf } from '../../platform/rpc.ts'
import { createBackoff } from '../backoff.ts'
import type { CallStatus, ClientStream } from '../daemon/daemon-client.ts'
import type { AgentMetrics } from '../metrics.ts'
import type { Ledger } from './ledger.ts'
import { isDefiniteRefusal, type Upstream } from './upstream.ts'

export interface RelaySessionOptions {
  readonly path: string
  readonly upstream: Upstream
  readonly ledger: Ledger
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly metrics: AgentMetrics
  readonly onClose: () => void
}

export interface RelaySession {
  /** The daemon has answered on the present stream to it. */
  readonly isConnected: boolean
  readonly ledger: Ledger
  close(): void
}

const retry = { firstMs: 100, longestMs: 5_000, jitter: 0.5 }
/** Without an answer for so long, Envoy is served what it had. A daemon in reach answers in milliseconds. */
const offlineAfterMs = 1_000
/** By then Envoy has asked for everything that it uses. */
const settledAfterMs = 60_000

export function createRelaySession(downstream: Duplex, options: RelaySessionOptions): RelaySession {
  const { clock, ledger, log, metrics } = options
  const backoff = createBackoff({ ...retry, random: options.random })
  const timers = new Set<Timer>()
  let node: Buffer | undefined
  let stream: ClientStream | undefined
  let isStarted = false
  let isNodeSent = false
  let isConnected = false
  let isOffline = false
  let isClosed = false

  const after = (delayMs: number, task: () => void): void => {
    const timer = clock.after(delayMs, () => {
      timers.delete(timer)
      if (!isClosed) guarded(task)
    })
    timers.add(timer)
  }

  /** What cannot be parsed ends this stream; Envoy connects again. */
  const guarded = (task: () => void): void => {
    try {
      task()
    } catch (thrown) {
      log.error({ err: errorFrom(thrown) }, 'xDS stream failed')
      close()
      downstream.close({ code: 'INTERNAL', message: 'internal error' })
    }
  }

  const connect = (): void => {
    isConnected = false
    isNodeSent = false
    const replayed = ledger.replay()
    const opened = options.upstream.open(options.path, {
      onMessage: body => guarded(() => fromDaemon(body)),
      onClose: status => {
        if (stream === opened) guarded(() => disconnected(status))
      },
    })
    stream = opened
    for (const request of replayed) toDaemon(request)
    after(offlineAfterMs, () => {
      if (stream === opened && !isConnected) goOffline()
    })
  }

  const disconnected = (status: CallStatus): void => {
    stream = undefined
    if (isConnected) metrics.daemonConnectionTerminations.inc()
    else metrics.daemonConnectionFailures.inc()
    isConnected = false
    const delayMs = Math.round(backoff.next())
    log.warn({ code: status.code, reason: status.message, retryInMs: delayMs }, 'xDS stream to the daemon ended')
    if (!isDefiniteRefusal(status)) goOffline()
    after(delayMs, connect)
  }

  const goOffline = (): void => {
    isOffline = true
    serveOffline()
  }

  const serveOffline = (): void => {
    if (!isOffline) return
    for (const response of ledger.offline()) {
      metrics.offlineResponses.inc()
      log.warn({ bytes: response.length }, 'served from the last good configuration')
      downstream.send(frameOf(response))
    }
  }

  const toDaemon = (request: Uint8Array): void => {
    metrics.xdsRequests.inc()
    if (isNodeSent || node === undefined) stream?.send(request)
    else stream?.send(Buffer.concat([lengthDelimited(ledger.nodeField, node), request]))
    isNodeSent = true
  }

  const fromDaemon = (body: Buffer): void => {
    if (!isConnected) {
      isConnected = true
      isOffline = false
      backoff.reset()
      log.info('xDS stream to the daemon in use')
    }
    metrics.xdsResponses.inc()
    ledger.response(body)
    if (!downstream.send(frameOf(body))) stream?.pause()
  }

  const fromEnvoy = (message: Uint8Array): void => {
    // The message is only valid during the call, and the library may send it later.
    const body = Buffer.from(message)
    const { node: named, forward, isRefusal, typeUrl } = ledger.request(body)
    if (isRefusal) log.warn({ typeUrl }, 'Envoy refused a configuration')
    node ??= named
    // A new stream to the daemon begins with all that the ledger has noted, this request included.
    if (!isStarted) {
      isStarted = true
      connect()
      settleLater()
    } else if (stream !== undefined && forward !== undefined) toDaemon(forward)
    serveOffline()
  }

  const settleLater = (): void => {
    after(settledAfterMs, () => {
      if (isConnected) ledger.settle()
      else settleLater()
    })
  }

  const close = (): void => {
    if (isClosed) return
    isClosed = true
    for (const timer of timers) timer.cancel()
    stream?.cancel()
    stream = undefined
    options.onClose()
  }

  downstream.onMessage(message => {
    if (!isClosed) guarded(() => fromEnvoy(message))
  })
  downstream.onDrain(() => stream?.resume())
  downstream.onHalfClose(() => {
    close()
    downstream.close({ code: 'OK', message: '' })
  })
  downstream.onClose(() => {
    if (!isClosed) metrics.envoyConnectionTerminations.inc()
    close()
  })

  return {
    get isConnected() {
      return isConnected
    },
    ledger,
    close,
  }
}
