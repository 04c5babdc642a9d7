/**
 * One agent on its stream: its last report, and what it is still to be told. While the socket is full only the newest
 * trust and the newest checkpoint wait, and renewals of different kinds, so that a slow agent costs no memory.
 */

import { type Duplex, type Frame, frameOf, type RpcStatus } from '../../platform/rpc.ts'
import type { SpiffeId } from '../../platform/spiffe.ts'
import type { AgentMessages, AgentReport, RenewalOrder } from './agent-messages.ts'

export interface AgentStatus {
  /** Unique among the streams of this daemon's run. */
  readonly id: number
  /** Proved by its client certificate; all else but address and serial number is what it says. */
  readonly identity: string
  readonly address: string
  /** Of the certificate that its connection was made with: upper-case hexadecimal. */
  readonly connectionSerialNumber: string
  readonly connectedAtMs: number
  readonly reportedAtMs: number
  readonly report: AgentReport
}

export interface Attendance {
  /** Undefined before the first report. */
  readonly status: AgentStatus | undefined
  tellTrust(frame: Frame): void
  tellRenewal(renewal: RenewalOrder): void
  /** What is newer takes the place of what waits of the same kind. */
  tell(kind: string, frame: Frame): void
  close(status: RpcStatus): void
}

export interface AttendanceOptions {
  readonly id: number
  readonly stream: Duplex
  readonly identity: SpiffeId
  readonly serialNumber: string
  readonly messages: AgentMessages
  readonly nowMs: () => number
  readonly onReport: (status: AgentStatus) => void
}

const largestReportBytes = 16 * 1024

export function attend(options: AttendanceOptions): Attendance {
  const { stream, messages } = options
  const connectedAtMs = options.nowMs()
  const waiting = new Map<string, Frame>()
  let isFull = false
  let status: AgentStatus | undefined

  const tell = (kind: string, frame: Frame): void => {
    // The newest goes last, whatever kind waited first.
    waiting.delete(kind)
    waiting.set(kind, frame)
    flush()
  }
  const flush = (): void => {
    for (const [kind, frame] of waiting) {
      if (isFull) return
      waiting.delete(kind)
      isFull = !stream.send(frame)
    }
  }
  stream.onDrain(() => {
    isFull = false
    flush()
  })
  stream.onHalfClose(() => stream.close({ code: 'OK', message: '' }))
  stream.onMessage(body => {
    if (body.length > largestReportBytes) {
      stream.close({ code: 'RESOURCE_EXHAUSTED', message: `a report is longer than ${largestReportBytes} bytes` })
      return
    }
    status = {
      id: options.id,
      identity: options.identity.uri,
      address: stream.peer.address,
      connectionSerialNumber: options.serialNumber,
      connectedAtMs,
      reportedAtMs: options.nowMs(),
      report: messages.decodeReport(body),
    }
    options.onReport(status)
  })
  return {
    get status() {
      return status
    },
    tell,
    tellTrust: frame => tell('trust', frame),
    tellRenewal: renewal =>
      tell(`renewal ${renewal.rootFingerprint} ${renewal.keyFingerprint}`, frameOf(messages.encodeRenewal(renewal))),
    close: ending => stream.close(ending),
  }
}
