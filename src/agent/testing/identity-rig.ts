/** An agent's identity with a real authority and a state directory, on a clock that is turned by hand. */

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import { FakeClock, systemClock, type Timer } from '../../platform/clock.ts'
import { lookEveryMs } from '../../platform/clock-jumps.ts'
import { formatJoinTokenClaims } from '../../platform/join-token.ts'
import { type SpiffeId, spiffeIdOf } from '../../platform/spiffe.ts'
import { CallFailed } from '../daemon/daemon-client.ts'
import type { SigningRequest } from '../identity/certificate-service.ts'
import { type CredentialSource, createCredential } from '../identity/credential.ts'
import { createWorkloadIdentity, type Trust, type WorkloadIdentity } from '../identity/workload-identity.ts'
import { createAgentMetrics } from '../metrics.ts'
import { openStateDirectory, type StateDirectory } from '../state/state-directory.ts'
import { createTestAuthority } from './authority.ts'

export const hourMs: number = 3_600_000
export const spiffeId: SpiffeId = spiffeIdOf({
  trustDomain: 'cluster.local',
  namespace: 'photo',
  serviceAccount: 'web',
})

/** Counts what is scheduled beside the watch over the clock, so that a test knows when a retry has been. */
class CountingClock extends FakeClock {
  scheduled = 0
  /** How many of them have run. */
  due = 0

  override after(delayMs: number, task: () => void): Timer {
    if (delayMs === lookEveryMs) return super.after(delayMs, task)
    this.scheduled += 1
    return super.after(delayMs, () => {
      this.due += 1
      task()
    })
  }
}

export interface Rig {
  readonly clock: CountingClock
  readonly state: StateDirectory
  /** What the authority was asked, in order. */
  readonly asked: { request: SigningRequest; trust: Trust }[]
  /** What the authority throws at the next requests, in order. */
  readonly failures: unknown[]
  agent(credential: CredentialSource): WorkloadIdentity
  /** Serial numbers of certificates that a credential of the operator's gave. */
  readonly joined: string[]
  /** By how much the clock of the authority is ahead of the agent's. */
  aheadMs: number
  /** What the agent has said. */
  readonly said: string[]
}

const inAYearMs = systemClock.now() + 365 * 24 * hourMs

export const token = (identity = spiffeId, expiresAtMs = inAYearMs): string => {
  const claims = { id: 't1', identity, expiresAtMs, rootFingerprints: ['0'.repeat(64)] }
  return `${formatJoinTokenClaims(claims)}.c2ln`
}

export async function withRig(use: (rig: Rig) => Promise<void>): Promise<void> {
  const authority = await createTestAuthority()
  const clock = new CountingClock(systemClock.now())
  const folder = await mkdtemp(path.join(os.tmpdir(), 'meshwright-identity-'))
  const state = await openStateDirectory(folder)
  const asked: Rig['asked'] = []
  const failures: unknown[] = []
  const agents: WorkloadIdentity[] = []
  const said: string[] = []
  const joined: string[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => void said.push(line) })
  const agent = (source: CredentialSource): WorkloadIdentity => {
    const identity = createWorkloadIdentity({
      state,
      credential: createCredential(source, () => clock.now()),
      authority: {
        pinnedRoot: async () => authority.rootPem,
        async sign(request, trust) {
          asked.push({ request, trust })
          if (failures.length > 0) throw failures.shift()
          const nowMs = clock.now() + rig.aheadMs
          const dates = { notBefore: new Date(nowMs - 120_000), notAfter: new Date(nowMs + request.ttlMs) }
          return { chainPem: await authority.sign(request.csrPem, dates), rootsPem: authority.rootPem }
        },
      },
      keyKind: 'ec-p256',
      ttlMs: 10 * hourMs,
      clusterId: 'c1',
      clock,
      random: () => 0.5,
      log,
      metrics: createAgentMetrics(() => clock.now()),
      onJoined: ({ serialNumber }) => void joined.push(serialNumber),
    })
    agents.push(identity)
    return identity
  }
  const rig: Rig = { clock, state, asked, failures, agent, said, joined, aheadMs: 0 }
  try {
    await use(rig)
  } finally {
    for (const each of agents) each.stop()
    await state.release()
    await rm(folder, { recursive: true })
  }
}

export const never: AbortSignal = new AbortController().signal
export const unavailable: CallFailed = new CallFailed({ code: 'UNAVAILABLE', message: 'no connection' })

/** Lets what a timer has started run to its end: real file and crypto work, no time of the fake clock. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = systemClock.now() + 5_000
  while (!condition()) {
    assert.ok(systemClock.now() < deadline, 'it did not happen')
    await new Promise(resolve => setImmediate(resolve))
  }
}
