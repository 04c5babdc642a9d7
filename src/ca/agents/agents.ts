/**
 * The agents of workloads, each on one stream over its mutual TLS connection (AgentService/Attend): told what to trust
 * and when to renew, and heard on what is true at their Envoys.
 *
 *   trust store ─▶ orders ─▶ agent ─▶ its Envoy        its Envoy ─▶ agent ─▶ reports ─▶ rotation, revocation, status
 */

import type { Clock } from '../../platform/clock.ts'
import { errorCodes } from '../../platform/error-codes.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { type Duplex, type Frame, frameOf, type PeerIdentity, type RpcStatus } from '../../platform/rpc.ts'
import { parseSpiffeId, type SpiffeId } from '../../platform/spiffe.ts'
import type { TrustState, TrustStore } from '../trust/trust-state.ts'
import { type AgentMessages, agentMessages, type RenewalOrder } from './agent-messages.ts'
import { type AgentStatus, type Attendance, attend } from './attendance.ts'

export type { AgentReport, RenewalOrder, ReportedCertificate } from './agent-messages.ts'
export type { AgentStatus } from './attendance.ts'

export interface Agents {
  /** An agent's stream, on the TLS port. */
  handle(stream: Duplex): void
  /** Those that attend now and have reported, by node id. Cost: their number. */
  status(): readonly AgentStatus[]
  /** Called after each report, and with `undefined` when an agent has gone; returns how to stop that. */
  onReport(handler: (agent: AgentStatus | undefined) => void): () => void
  /** Tells those that `which` picks; agents that come later are not told. Returns how many. */
  orderRenewal(renewal: RenewalOrder, which: (agent: AgentStatus) => boolean): number
  /** Tells each what `frameFor` says, unless that is nothing; the newest of a kind counts. */
  tell(kind: string, frameFor: (agent: AgentStatus) => Frame | undefined): void
  readonly messages: AgentMessages
  /** The newest checkpoint of the log, as each is to be told it, also for those who come later. */
  announce(checkpointFor: (agent: AgentStatus) => Frame): void
  /** Ends streams; unless the agents are refused then, they come back. Returns how many. */
  disconnect(which: (agent: AgentStatus) => boolean, status?: RpcStatus): number
  /** Follows the trust from now on; returns how to end that. */
  follow(): () => void
}

export interface AgentsOptions {
  readonly trust: TrustStore
  readonly trustDomain: string
  readonly clock: Clock
  readonly log: Log
  /** Thrown at an agent that may not attend, for instance because it is revoked. */
  readonly requireAdmitted?: (peer: PeerIdentity) => void
}

export function createAgents(options: AgentsOptions): Agents {
  const { trust, clock, log } = options
  const messages = agentMessages()
  const attending = new Set<Attendance>()
  const handlers = new Set<(agent: AgentStatus | undefined) => void>()
  let nextId = 1
  let encoded: { readonly generation: number; readonly frame: Frame } | undefined
  let checkpointFor: ((agent: AgentStatus) => Frame) | undefined

  /** Encoded once a generation: with CRLs it may be a megabyte. */
  const frameFor = (state: TrustState): Frame => {
    if (encoded?.generation !== state.generation) {
      encoded = { generation: state.generation, frame: frameOf(messages.encodeTrust(state)) }
    }
    return encoded.frame
  }
  const tellHandlers = (agent: AgentStatus | undefined): void => {
    for (const handler of handlers) handler(agent)
  }
  const reported = (attendance: Attendance, status: AgentStatus): void => {
    if (!attending.has(attendance)) {
      attending.add(attendance)
      replaceEarlier(attendance, status)
      attendance.tellTrust(frameFor(trust.current()))
      if (checkpointFor !== undefined) attendance.tell('checkpoint', checkpointFor(status))
      log.info({ node: status.report.nodeId, identity: status.identity, peer: status.address }, 'agent attends')
    }
    if (status.report.fault !== '') {
      log.warn({ node: status.report.nodeId, fault: status.report.fault }, 'agent could not follow an order')
    }
    tellHandlers(status)
  }
  /** An agent that connects again before its old connection is known to be dead is one agent. */
  const replaceEarlier = (attendance: Attendance, { identity, report }: AgentStatus): void => {
    for (const other of attending) {
      if (other === attendance || other.status?.identity !== identity) continue
      if (other.status.report.instanceId !== report.instanceId) continue
      attending.delete(other)
      other.close({ code: 'ABORTED', message: 'the agent attends on another stream' })
    }
  }
  const handle = (stream: Duplex): void => {
    let identity: SpiffeId
    try {
      identity = identityOf(stream.peer, options)
    } catch (thrown) {
      const error = errorFrom(thrown)
      log.warn({ peer: stream.peer.address, code: error.code, reason: error.message }, 'agent refused')
      stream.close({ code: errorCodes[error.code].grpc, message: error.message })
      return
    }
    const attendance = attend({
      id: nextId++,
      stream,
      identity,
      serialNumber: stream.peer.certificate?.serialNumber ?? '',
      messages,
      nowMs: () => clock.now(),
      onReport: status => reported(attendance, status),
    })
    stream.onClose(() => {
      if (attending.delete(attendance)) tellHandlers(undefined)
    })
  }
  return {
    handle,
    status: () =>
      [...attending]
        .flatMap(({ status }) => (status === undefined ? [] : [status]))
        .sort((a, b) => compare(a.report.nodeId, b.report.nodeId) || a.id - b.id),
    onReport(handler) {
      handlers.add(handler)
      return () => void handlers.delete(handler)
    },
    orderRenewal(renewal, which) {
      const told = [...attending].filter(({ status }) => status !== undefined && which(status))
      for (const attendance of told) attendance.tellRenewal(renewal)
      return told.length
    },
    tell(kind, frameFor) {
      for (const attendance of attending) {
        const frame = attendance.status === undefined ? undefined : frameFor(attendance.status)
        if (frame !== undefined) attendance.tell(kind, frame)
      }
    },
    messages,
    announce(frameFor) {
      checkpointFor = frameFor
      for (const attendance of attending) {
        if (attendance.status !== undefined) attendance.tell('checkpoint', frameFor(attendance.status))
      }
    },
    disconnect(which, status = { code: 'UNAVAILABLE', message: 'the control plane ends this stream' }) {
      const ended = [...attending].filter(({ status: agent }) => agent !== undefined && which(agent))
      for (const attendance of ended) attendance.close(status)
      return ended.length
    },
    follow: () =>
      trust.onChange(state => {
        for (const attendance of attending) attendance.tellTrust(frameFor(state))
      }),
  }
}

/** Throws `CA_UNAUTHENTICATED` unless the connection was made with one workload's certificate of this mesh. */
function identityOf(peer: PeerIdentity, { trustDomain, clock, requireAdmitted }: AgentsOptions): SpiffeId {
  const { certificate } = peer
  const [uri, ...more] = certificate?.uris ?? []
  if (certificate === undefined || uri === undefined || more.length > 0) {
    throw unauthenticated('agents attend with the certificate of their workload')
  }
  if (certificate.notAfterMs <= clock.now()) throw unauthenticated('the certificate has expired')
  const identity = parseSpiffeId(uri)
  if (identity.trustDomain !== trustDomain) throw unauthenticated('the certificate is of another trust domain')
  requireAdmitted?.(peer)
  return identity
}

function unauthenticated(message: string): MeshwrightError {
  return new MeshwrightError('CA_UNAUTHENTICATED', { message })
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
