/**
 * What agents keep for the authority, so that a restored backup does not bring back what was revoked after it: the chain
 * of revocations and the newest statement of how far it had got (custody-statement.ts).
 *
 *   order, or agents come and go ─▶ statement + events ─▶ agents' disks        a restore ─▶ recollection.ts
 */

import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { type Frame, frameOf } from '../../platform/rpc.ts'
import type { AgentStatus, Agents } from '../agents/agents.ts'
import type { TransparencyLog } from '../log/transparency-log.ts'
import type { ChainHead, ChainLink } from '../revocation/revocation-events.ts'
import type { Revocations } from '../revocation/revocations.ts'
import { type CustodyStatement, openStatement, signStatement } from './custody-statement.ts'
import { createRecollection, type RecollectionStatus } from './recollection.ts'

export interface Custody {
  start(): void
  stop(): void
  /** How many of the agents that attend have on their disks what is revoked now; waits for the rest of them. */
  kept(withinMs: number): Promise<Keepers>
  /** While a restore waits to be confirmed. */
  recollection(): RecollectionStatus | undefined
  /** Called when revocations have come back from agents. */
  onRecalled(handler: () => void): () => void
}

export interface Keepers {
  readonly agents: number
  /** Of so many that attend and can. */
  readonly of: number
}

export interface CustodyRecords {
  revocationHead(): ChainHead
  /** From this sequence on, at most so many. */
  revocationEvents(from: number, limit: number): readonly ChainLink[]
  /** Undefined when it is not known any more. */
  revocationHash(sequence: number): Buffer | undefined
  /** Where the chain was at the restore that waits to be confirmed. */
  restoredHead(): ChainHead | undefined
}

export interface CustodyOptions {
  readonly agents: Agents
  readonly records: CustodyRecords
  readonly revocations: Pick<Revocations, 'onChange' | 'adopt' | 'certificate'>
  readonly transparency: Pick<
    TransparencyLog,
    'status' | 'restorePending' | 'confirmRestore' | 'notary' | 'onCheckpoint'
  >
  readonly clock: Clock
  readonly log: Log
}

/** Agents that have gone are missed in the next statement; each costs every agent a small write. */
const membershipEveryMs = 30_000
/** A backup that is older than so many events is made good by hand. */
const mostEventsGiven = 500

export function createCustody(options: CustodyOptions): Custody {
  const { agents, records, transparency, revocations, clock, log } = options
  const handlers = new Set<() => void>()
  const waiting = new Set<() => void>()
  let newest: (CustodyStatement & { readonly signed: Buffer; readonly toldTo: ReadonlySet<number> }) | undefined
  let timer: Timer | undefined
  let dueMs = Number.POSITIVE_INFINITY
  let unfollow: readonly (() => void)[] = []
  const recollection = createRecollection({
    ...options,
    onRecalled: () => {
      for (const handler of handlers) handler()
    },
    onConfirmed: () => soon(0),
  })

  /** Agents from before this one knew of it say nothing; whoever is revoked is being cut off. */
  const isKeeper = ({ report, connectionSerialNumber }: AgentStatus): boolean =>
    report.kept !== undefined &&
    [connectionSerialNumber, report.certificate?.serialNumber ?? ''].every(
      serialNumber => revocations.certificate(serialNumber) === undefined,
    )
  const soon = (afterMs: number): void => {
    const atMs = clock.monotonicMs() + afterMs
    if (atMs >= dueMs) return
    timer?.cancel()
    dueMs = atMs
    timer = clock.after(afterMs, state)
  }
  const state = (): void => {
    dueMs = Number.POSITIVE_INFINITY
    // What agents have is not to be overwritten before it was asked for.
    if (transparency.restorePending !== undefined) return
    try {
      give()
    } catch (thrown) {
      log.error({ err: errorFrom(thrown) }, 'no statement of revocations could be given to agents')
    }
  }
  const give = (): void => {
    const keepers = agents.status().filter(isKeeper)
    const { origin, size } = transparency.status()
    const head = records.revocationHead()
    const number = Math.max(Math.floor(clock.now()), (newest?.number ?? 0) + 1)
    const statement = { origin, number, agents: keepers.length, treeSize: size, ...head }
    const signed = signStatement(statement, transparency.notary())
    newest = { ...statement, signed, toldTo: new Set(keepers.map(({ id }) => id)) }
    const frames = new Map<number, Frame>()
    agents.tell('custody', agent => {
      if (newest?.toldTo.has(agent.id) !== true) return undefined
      const from = nextFor(agent)
      const known = frames.get(from)
      if (known !== undefined) return known
      const frame = frameOf(agents.messages.encodeCustody(signed, eventsFrom(from)))
      frames.set(from, frame)
      return frame
    })
    look()
  }
  /** The first event that it lacks; what it has of another chain is of no use to anybody any more. */
  const nextFor = ({ report }: AgentStatus): number => {
    const has = heldBy(report.kept)
    const isOurs = has !== undefined && records.revocationHash(has.sequence)?.equals(has.hash) === true
    const earliest = Math.max(1, records.revocationHead().sequence + 1 - mostEventsGiven)
    return isOurs ? Math.max(has.sequence + 1, earliest) : -earliest
  }
  const eventsFrom = (from: number) => ({
    first: Math.abs(from),
    // Negative: instead of what the agent has.
    replaces: from < 0,
    bodies: records.revocationEvents(Math.abs(from), mostEventsGiven).map(({ body }) => body),
  })
  const heldBy = (kept: Buffer | undefined): CustodyStatement | undefined =>
    kept === undefined || kept.length === 0 ? undefined : openStatement(kept, transparency.notary())

  const keepers = (): Keepers => {
    const able = agents.status().filter(isKeeper)
    const { sequence } = records.revocationHead()
    const having = able.filter(({ report }) => {
      const has = newest?.signed.equals(report.kept ?? Buffer.alloc(0)) === true ? newest : heldBy(report.kept)
      return has !== undefined && has.sequence >= sequence && records.revocationHash(has.sequence)?.equals(has.hash)
    })
    return { agents: having.length, of: able.length }
  }
  const look = (): void => {
    for (const waiter of waiting) waiter()
  }
  const heard = (agent: AgentStatus | undefined): void => {
    if (transparency.restorePending !== undefined) {
      recollection.heard(agent)
      return
    }
    const isCounted = agent !== undefined && newest?.toldTo.has(agent.id) === true
    if (!isCounted) soon(newest === undefined ? 0 : membershipEveryMs)
    look()
  }
  return {
    start() {
      unfollow = [
        agents.onReport(heard),
        revocations.onChange(() => {
          if (newest?.sequence !== records.revocationHead().sequence) soon(0)
        }),
        // A checkpoint that somebody shows is never ahead of what the same agent keeps.
        transparency.onCheckpoint(() => soon(0)),
      ]
    },
    stop() {
      for (const each of unfollow) each()
      timer?.cancel()
    },
    kept(withinMs) {
      return new Promise(resolve => {
        const done = (): void => {
          waiting.delete(check)
          ending.cancel()
          resolve(keepers())
        }
        const check = (): void => {
          const { agents: having, of } = keepers()
          if (having === of) done()
        }
        const ending = clock.after(withinMs, done)
        waiting.add(check)
        check()
      })
    },
    recollection: () => (transparency.restorePending === undefined ? undefined : recollection.status()),
    onRecalled(handler) {
      handlers.add(handler)
      return () => void handlers.delete(handler)
    },
  }
}
