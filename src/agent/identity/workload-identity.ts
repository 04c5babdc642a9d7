/**
 * The workload's certificate through its life: taken from disk when it still holds, else obtained with the join token or
 * a certificate given, then renewed with a new key each time, over mutual TLS, until stopped.
 */

import type { KeyObject } from 'node:crypto'
import type { Clock, Timer } from '../../platform/clock.ts'
import { type ClockWatch, watchClock } from '../../platform/clock-jumps.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { SpiffeId } from '../../platform/spiffe.ts'
import { createBackoff } from '../backoff.ts'
import type { ClientIdentity } from '../daemon/daemon-client.ts'
import type { AgentMetrics } from '../metrics.ts'
import type { StateDirectory } from '../state/state-directory.ts'
import { certificateRequest, formatKey, generateKey, type KeyKind } from './certificate-request.ts'
import { isPassing, retryAfterMs, type SignedChain, type SigningRequest } from './certificate-service.ts'
import type { Credential } from './credential.ts'
import { noCredential, otherIdentity, refused } from './identity-faults.ts'
import { loadIdentity, saveIdentity } from './identity-store.ts'
import { forgetJoinKey, joinKey } from './join-key.ts'
import { NotYetValid, whenValid } from './not-yet-valid.ts'
import { pause } from './pause.ts'
import { renewalTime, retryBounds } from './renewal-time.ts'
import { type WorkloadCertificate, workloadCertificateFrom } from './workload-certificate.ts'

export interface WorkloadIdentityOptions {
  readonly state: StateDirectory
  readonly credential: Credential
  readonly authority: CertificateAuthority
  readonly keyKind: KeyKind
  readonly ttlMs: number
  readonly clusterId: string
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly metrics: AgentMetrics
  /** The roots that the daemon is checked against; those of the certificate when absent. */
  readonly rootsPem?: (certificate: WorkloadCertificate) => string
  /** A credential of the operator's gave this certificate, which may be another authority's. */
  readonly onJoined?: (certificate: WorkloadCertificate) => void
}

/** The daemon, as far as certificates go. */
export interface CertificateAuthority {
  /** Finds the root that a join token pins. See `daemon/first-contact.ts`. */
  pinnedRoot(fingerprints: readonly string[]): Promise<string>
  sign(request: SigningRequest, trust: Trust): Promise<SignedChain>
}

export interface Trust {
  readonly rootsPem: string
  /** Presented as the client's certificate; undefined: none. */
  readonly identity: ClientIdentity | undefined
}

export interface WorkloadIdentity {
  /**
   * Resolves with a certificate that holds; tries as long as failures can pass, and waits while this machine's clock is
   * behind the certificate's begin. Throws AGENT_NO_CREDENTIAL,
   * AGENT_SERVER_UNTRUSTED, AGENT_CERTIFICATE_REFUSED, AGENT_CERTIFICATE_INVALID.
   */
  start(signal: AbortSignal): Promise<WorkloadCertificate>
  /** Undefined before `start` has resolved. */
  readonly current: WorkloadCertificate | undefined
  onRenewed(listener: (certificate: WorkloadCertificate) => void): void
  /** Renews now, beside the schedule. Throws what stopped it; the certificate in use stays. */
  renew(): Promise<void>
  stop(): void
}

const firstRetry = { firstMs: 500, longestMs: 15_000 }
/** However busy the daemon says it is. */
const longestHintMs = 60_000
/** A fleet whose clocks are set together should not renew together. */
const spreadMs = 60_000
const csrType = { request_type: 'csr' }

export function createWorkloadIdentity(options: WorkloadIdentityOptions): WorkloadIdentity {
  const { clock, log, metrics, random, state } = options
  const listeners = new Set<(certificate: WorkloadCertificate) => void>()
  let current: WorkloadCertificate | undefined
  let timer: Timer | undefined
  let retry = createBackoff({ ...firstRetry, jitter: 0.5, random })
  const ending = new AbortController()
  let due = { wallMs: Number.POSITIVE_INFINITY, monotonicMs: Number.POSITIVE_INFINITY }
  let watch: ClockWatch | undefined
  let stopped = false
  let renewing: Promise<void> | undefined

  const adopt = (certificate: WorkloadCertificate): void => {
    current = certificate
    retry = createBackoff({ ...retryBounds(certificate.issuedAtMs, certificate.notAfterMs), jitter: 0.5, random })
    const dueMs = renewalTime(certificate, random)
    due = { wallMs: dueMs, monotonicMs: clock.monotonicMs() + dueMs - clock.now() }
    schedule(dueMs - clock.now())
    log.info(
      {
        identity: certificate.spiffeId.uri,
        serial: certificate.serialNumber,
        notAfter: new Date(certificate.notAfterMs).toISOString(),
        renewalAt: new Date(Math.max(dueMs, clock.now())).toISOString(),
      },
      'certificate in use',
    )
  }

  /** Renews when either clock says so: the one may be wrong, the other stands still while the machine sleeps. */
  const clockJumped = (): void => {
    const leftMs = Math.min(due.wallMs - clock.now(), due.monotonicMs - clock.monotonicMs())
    const overdueMs = Math.min(spreadMs, Math.max(0, remainingMs()) / 1000) * random()
    schedule(leftMs > 0 ? leftMs : overdueMs)
  }

  const schedule = (delayMs: number): void => {
    timer?.cancel()
    if (!stopped) timer = clock.after(delayMs, () => void renewUntilDone())
  }

  const renewUntilDone = async (): Promise<void> => {
    try {
      await renew()
    } catch (thrown) {
      if (stopped) return
      const delayMs = Math.max(Math.round(retry.next()), Math.min(retryAfterMs(thrown), longestHintMs))
      metrics.outgoingRetries.inc(csrType)
      log.warn({ err: errorFrom(thrown), retryInMs: delayMs, endsInMs: remainingMs() }, 'certificate not renewed')
      schedule(delayMs)
    }
  }

  const remainingMs = (): number => (current === undefined ? 0 : current.notAfterMs - clock.now())

  const renew = (): Promise<void> => {
    renewing ??= renewOnce().finally(() => {
      renewing = undefined
    })
    return renewing
  }

  const renewOnce = async (): Promise<void> => {
    // With an ended certificate nobody is authenticated; a token, if there is one, may help again.
    const renewed =
      current === undefined || remainingMs() <= 0
        ? await obtain()
        : await request(await generateKey(options.keyKind), current.spiffeId, {
            trust: { rootsPem: options.rootsPem?.(current) ?? current.rootsPem, identity: current },
            bearer: undefined,
          })
    if (stopped) return
    saveIdentity(state, renewed)
    adopt(renewed)
    for (const listener of listeners) listener(renewed)
  }

  const obtain = async (): Promise<WorkloadCertificate> => {
    const proof = await options.credential.read()
    switch (proof.kind) {
      case 'none':
        throw noCredential(proof.reason)
      case 'certificate': {
        const certificate = await request(await generateKey(options.keyKind), proof.certificate.spiffeId, {
          trust: { rootsPem: proof.certificate.rootsPem, identity: proof.certificate },
          bearer: undefined,
        })
        options.onJoined?.(certificate)
        return certificate
      }
      case 'token': {
        const { claims } = proof.token
        const rootsPem = await options.authority.pinnedRoot(claims.rootFingerprints)
        const key = await joinKey(state, options.keyKind)
        const use = { trust: { rootsPem, identity: undefined }, bearer: proof.text }
        const certificate = await request(key, claims.identity, use)
        saveIdentity(state, certificate)
        await forgetJoinKey(state)
        options.onJoined?.(certificate)
        return certificate
      }
    }
  }

  const request = async (
    key: KeyObject,
    identity: SpiffeId,
    use: { trust: Trust; bearer: string | undefined },
  ): Promise<WorkloadCertificate> => {
    const startedMs = clock.monotonicMs()
    metrics.outgoingRequests.inc(csrType)
    try {
      const csrPem = certificateRequest(key, identity.uri)
      const asked = { csrPem, ttlMs: options.ttlMs, clusterId: options.clusterId, bearer: use.bearer }
      const signed = await options.authority.sign(asked, use.trust).finally(() => {
        metrics.outgoingLatency.observe(csrType, clock.monotonicMs() - startedMs)
      })
      const keyPem = formatKey(key)
      const certificate = await whenValid(
        async nowMs => workloadCertificateFrom({ keyPem, ...signed, issuedAtMs: nowMs }, nowMs),
        { clock, log, signal: ending.signal },
      )
      if (certificate.spiffeId.uri !== identity.uri) throw otherIdentity(certificate.spiffeId, identity)
      return certificate
    } catch (error) {
      metrics.failedOutgoingRequests.inc(csrType)
      throw error
    }
  }

  const obtainWithRetries = async (signal: AbortSignal): Promise<WorkloadCertificate> => {
    for (;;) {
      signal.throwIfAborted()
      try {
        return await unlessAborted(obtain(), signal)
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof MeshwrightError && !(error instanceof NotYetValid)) throw error
        if (!(error instanceof NotYetValid) && !isPassing(error) && !isFromSystem(error)) throw refused(error)
        const delayMs = Math.max(Math.round(retry.next()), Math.min(retryAfterMs(error), longestHintMs))
        metrics.outgoingRetries.inc(csrType)
        log.warn({ reason: (error as Error).message, retryInMs: delayMs }, 'no certificate yet')
        await pause(clock, delayMs, signal)
      }
    }
  }

  return {
    async start(signal) {
      const abort = (): void => ending.abort(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      const kept = await keptIdentity(options, signal)
      const certificate = kept ?? (await obtainWithRetries(signal))
      signal.removeEventListener('abort', abort)
      if (kept === undefined) saveIdentity(state, certificate)
      metrics.setCertificateExpiry('default', () => current?.notAfterMs)
      adopt(certificate)
      watch = watchClock({ clock, log, onJump: clockJumped })
      return certificate
    },
    get current() {
      return current
    },
    onRenewed: listener => {
      listeners.add(listener)
    },
    renew,
    stop() {
      stopped = true
      timer?.cancel()
      watch?.stop()
      ending.abort(new Error('the agent is stopping'))
    },
  }
}

/** The certificate on disk, unless it cannot be used or the credential is for somebody else. */
async function keptIdentity(
  options: WorkloadIdentityOptions,
  signal: AbortSignal,
): Promise<WorkloadCertificate | undefined> {
  const { clock, log } = options
  try {
    const kept = await whenValid(nowMs => loadIdentity(options.state, nowMs), { clock, log, signal })
    if (kept === undefined) return undefined
    const named = await options.credential.identity()
    if (named === undefined || named.uri === kept.spiffeId.uri) return kept
    log.warn({ kept: kept.spiffeId.uri, wanted: named.uri }, 'certificate on disk is of another identity')
  } catch (error) {
    signal.throwIfAborted()
    log.warn({ reason: errorFrom(error).message }, 'certificate on disk not used')
  }
  return undefined
}

/** What is under way is left to end by itself: a token's key is on disk, so nothing is lost. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Errors of sockets carry a system code (ECONNREFUSED); they pass. */
function isFromSystem(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).code === 'string'
}
