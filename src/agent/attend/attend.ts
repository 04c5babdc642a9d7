/**
 * The agent's stream to the daemon beside xDS (AgentService/Attend): follows what it is ordered to trust and when to
 * renew, and reports what is in force at its Envoy, which is when every subscription there has acknowledged it.
 *
 *   daemon ─orders─▶ trust keeper ─▶ secret server ─▶ Envoy ─ACK─▶ report ─▶ daemon
 *                 └▶ renewal plan ─▶ workload identity ─▶ secret server …
 */

import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { type Backoff, createBackoff } from '../backoff.ts'
import type { CallStatus, ClientStream } from '../daemon/daemon-client.ts'
import type { WorkloadCertificate } from '../identity/workload-certificate.ts'
import type { Upstream } from '../relay/upstream.ts'
import { certificateSecretName, rootsSecretName } from '../sds/secret-resources.ts'
import type { SecretServer } from '../sds/secret-server.ts'
import {
  type AgentOrder,
  type AgentReport,
  attendPath,
  type CertificateFacts,
  decodeOrder,
  encodeReport,
} from './attend-messages.ts'
import { certificateFacts } from './certificate-facts.ts'
import type { CustodyKeeper } from './custody-keeper.ts'
import type { LogWitness } from './log-witness.ts'
import { createRenewalPlan } from './renewal-plan.ts'
import type { TrustKeeper } from './trust-keeper.ts'

export interface Attend {
  start(): void
  stop(): void
}

export interface AttendOptions {
  readonly nodeId: string
  /** Random for each start. */
  readonly instanceId: string
  readonly version: string
  readonly upstream: Upstream
  readonly keeper: TrustKeeper
  readonly witness: LogWitness
  readonly custody: CustodyKeeper
  readonly secrets: Pick<SecretServer, 'isInForce' | 'onStanding'>
  readonly identity: AttendedIdentity
  /** The trust in use has changed: Envoy and the agent's own connections are to have it. */
  readonly applyTrust: () => void
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
}

export interface AttendedIdentity {
  readonly current: WorkloadCertificate | undefined
  renew(): Promise<void>
  onRenewed(listener: (certificate: WorkloadCertificate) => void): void
}

const retry = { firstMs: 200, longestMs: 30_000, jitter: 0.5 }
/** A daemon that does not know the service may be replaced by one that does. */
const unknownRetry = { firstMs: 300_000, longestMs: 300_000, jitter: 0.5 }
/** Envoy that asks for nothing holds nothing, unless it is just connecting again. */
const unaskedMs = 1_000

export function createAttend(options: AttendOptions): Attend {
  return new Attending(options)
}

class Attending implements Attend {
  readonly #options: AttendOptions
  readonly #backoff: Backoff
  readonly #unknownBackoff: Backoff
  readonly #plan: ReturnType<typeof createRenewalPlan>
  #stream: ClientStream | undefined
  #timer: Timer | undefined
  #unaskedTimer: Timer | undefined
  #stopped = false
  #appliedGeneration = 0
  #certificate: CertificateFacts | undefined
  #orderFault = ''
  #renewalFault = ''
  #lastReport = ''

  constructor(options: AttendOptions) {
    const { clock, log, random } = options
    this.#options = options
    this.#backoff = createBackoff({ ...retry, random })
    this.#unknownBackoff = createBackoff({ ...unknownRetry, random })
    this.#plan = createRenewalPlan({
      facts: () => this.#factsNow(),
      renew: () => options.identity.renew(),
      onOutcome: fault => {
        this.#renewalFault = fault
        this.#report()
      },
      clock,
      random,
      log,
    })
  }

  start(): void {
    this.#options.secrets.onStanding(() => this.#look('asked'))
    this.#options.identity.onRenewed(() => this.#look('asked'))
    this.#look('asked')
    this.#connect()
  }

  stop(): void {
    this.#stopped = true
    this.#plan.stop()
    this.#timer?.cancel()
    this.#unaskedTimer?.cancel()
    this.#stream?.cancel()
    this.#stream = undefined
  }

  #connect(): void {
    if (this.#stopped) return
    this.#lastReport = ''
    const stream = this.#options.upstream.open(attendPath, {
      onMessage: body => this.#follow(body),
      onClose: status => {
        if (this.#stream === stream) this.#stream = undefined
        this.#closed(status)
      },
    })
    this.#stream = stream
    this.#report()
  }

  #closed(status: CallStatus): void {
    if (this.#stopped) return
    const isUnknown = status.code === 'UNIMPLEMENTED'
    if (isUnknown && this.#options.keeper.forget()) {
      this.#options.log.warn('the daemon orders no trust; the roots of the certificate count again')
      this.#options.applyTrust()
      this.#look('asked')
    }
    const delayMs = Math.round((isUnknown ? this.#unknownBackoff : this.#backoff).next())
    this.#options.log.debug({ status, retryInMs: delayMs }, 'stream to the daemon ended')
    this.#timer = this.#options.clock.after(delayMs, () => this.#connect())
  }

  #follow(body: Buffer): void {
    this.#backoff.reset()
    let order: AgentOrder
    try {
      order = decodeOrder(body)
    } catch (thrown) {
      this.#orderFault = `an order does not parse: ${errorFrom(thrown).message}`
      this.#report()
      return
    }
    if (order.checkpoint !== undefined) this.#options.witness.see(order.checkpoint, order.proof)
    if (order.custody !== undefined) this.#options.custody.keep(order.custody)
    for (const part of order.recall === undefined ? [] : this.#options.custody.partsFrom(order.recall.from)) {
      this.#stream?.send(encodeReport({ ...this.#facts(), recalled: part }))
    }
    if (order.trust !== undefined) this.#followTrust(order.trust)
    if (order.renewal !== undefined) this.#plan.order(order.renewal)
    this.#look('asked')
  }

  #followTrust(trust: NonNullable<AgentOrder['trust']>): void {
    const { keeper, log, applyTrust } = this.#options
    try {
      keeper.follow(trust)
      applyTrust()
      this.#orderFault = ''
      log.info({ generation: trust.generation, federated: trust.federated.length }, 'trust in use')
    } catch (thrown) {
      this.#orderFault = `trust of generation ${trust.generation} not used: ${errorFrom(thrown).message}`
      log.error({ err: errorFrom(thrown), generation: trust.generation }, 'trust not used')
    }
  }

  /** Takes note of what is in force at Envoy by now. */
  #look(unasked: 'asked' | 'unasked'): void {
    if (this.#stopped) return
    const { secrets, keeper, identity } = this.#options
    const certificate = identity.current
    if (certificate === undefined) return
    const isInForce = (name: string): boolean => {
      const standing = secrets.isInForce(name)
      if (standing === 'unasked' && unasked === 'asked') this.#lookAgain()
      return standing === 'yes' || (standing === 'unasked' && unasked === 'unasked')
    }
    if (isInForce(rootsSecretName)) this.#appliedGeneration = keeper.current(certificate).generation
    if (isInForce(certificateSecretName)) this.#certificate = this.#factsNow()
    this.#report()
  }

  #lookAgain(): void {
    this.#unaskedTimer ??= this.#options.clock.after(unaskedMs, () => {
      this.#unaskedTimer = undefined
      this.#look('unasked')
    })
  }

  #factsNow(): CertificateFacts | undefined {
    const certificate = this.#options.identity.current
    if (certificate === undefined) return undefined
    return certificateFacts(certificate, this.#options.keeper.current(certificate).rootsPem)
  }

  #facts(): AgentReport {
    const { nodeId, instanceId, version, secrets, witness, custody } = this.#options
    const refusal = secrets.isInForce(rootsSecretName) === 'refused' ? 'Envoy refused the roots' : ''
    return {
      nodeId,
      instanceId,
      version,
      appliedTrustGeneration: this.#appliedGeneration,
      certificate: this.#certificate,
      checkpoint: witness.newest,
      fault: this.#orderFault || refusal || this.#renewalFault,
      kept: custody.statement,
      recalled: undefined,
      logComplaint: witness.complaint,
    }
  }

  /** Says it only when it differs from what was said on this stream. */
  #report(): void {
    const encoded = encodeReport(this.#facts())
    const comparable = encoded.toString('latin1')
    if (this.#stream === undefined || comparable === this.#lastReport) return
    this.#lastReport = comparable
    this.#stream.send(encoded)
  }
}
