/**
 * After a restore: what was revoked after the backup comes back from the agents, and issuing opens by itself when nothing
 * can be missing. That is so when
 *
 *   - the restore was ordered, and no checkpoint speaks of anything else,
 *   - the newest statement that any agent shows was made when the log was at least as long as in the backup, and as long
 *     as in every checkpoint that anybody shows,
 *   - its chain of events leads on from the chain of the backup, and all of them are here again,
 *   - as many agents as it was given to are back, none of which shows a newer one, and they are three at least.
 *
 * An order that was given while all of those agents were cut off from the authority would be missed; it was reported as
 * kept by none of them.
 */

import { errorFrom } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { frameOf } from '../../platform/rpc.ts'
import type { AgentStatus, Agents } from '../agents/agents.ts'
import { isOrderedRestore } from '../log/log-records.ts'
import type { TransparencyLog } from '../log/transparency-log.ts'
import { type ChainLink, decodeEvent, linked } from '../revocation/revocation-events.ts'
import type { Revocations } from '../revocation/revocations.ts'
import type { CustodyRecords } from './custody.ts'
import { type CustodyStatement, openStatement } from './custody-statement.ts'

export interface Recollection {
  /** A report, or `undefined` when an agent has gone. */
  heard(agent: AgentStatus | undefined): void
  status(): RecollectionStatus
}

export interface RecollectionStatus {
  /** Agents that are back and show the newest statement, and how many were given it; 0: nobody shows any. */
  readonly back: number
  readonly of: number
  /** Events that have come back from agents. */
  readonly recalled: number
  /** Why issuing does not open by itself yet. */
  readonly waitsFor: string
}

export interface RecollectionOptions {
  readonly agents: Pick<Agents, 'status' | 'tell' | 'messages'>
  readonly records: CustodyRecords
  readonly revocations: Pick<Revocations, 'adopt'>
  readonly transparency: Pick<TransparencyLog, 'status' | 'restorePending' | 'confirmRestore' | 'notary'>
  readonly onRecalled: () => void
  readonly onConfirmed: () => void
  readonly log: Log
}

/** Fewer could all have been away while something was revoked. */
const fewestAgents = 3

export function createRecollection(options: RecollectionOptions): Recollection {
  const { agents, records, revocations, transparency, log } = options
  const opened = new Map<string, CustodyStatement | undefined>()
  const bodies = new Map<number, Buffer>()
  /** Each holder is asked once for the same statement. */
  let asked = { statement: 0, agent: 0, all: new Set<number>() }
  /** The newest statement whose events are all here. */
  let recalledFor: CustodyStatement | undefined
  let recalled = 0
  let busy: Promise<unknown> = Promise.resolve()

  const shownBy = ({ report: { kept } }: AgentStatus): CustodyStatement | undefined => {
    if (kept === undefined || kept.length === 0) return undefined
    const key = kept.toString('latin1')
    if (!opened.has(key)) {
      if (opened.size > 1000) opened.clear()
      opened.set(key, openStatement(kept, transparency.notary()))
    }
    const statement = opened.get(key)
    // Of an epoch that is over.
    return statement !== undefined && statement.origin !== transparency.status().origin ? statement : undefined
  }
  const newestShown = (): { statement: CustodyStatement; holders: readonly AgentStatus[] } | undefined => {
    const shown = agents.status().flatMap(agent => {
      const statement = shownBy(agent)
      return statement === undefined ? [] : [{ agent, statement }]
    })
    const [first] = shown.toSorted((a, b) => b.statement.number - a.statement.number)
    if (first === undefined) return undefined
    const { statement } = first
    const holders = shown.filter(other => other.statement.number === statement.number).map(({ agent }) => agent)
    return { statement, holders: [...new Map(holders.map(agent => [agent.report.nodeId, agent])).values()] }
  }
  /** The links that lead from the backup to the statement, once they are all here and fit. */
  const wayTo = (statement: CustodyStatement): readonly ChainLink[] | undefined => {
    const base = records.restoredHead()
    if (base === undefined || statement.sequence < base.sequence) return undefined
    const between: Buffer[] = []
    for (let at = base.sequence + 1; at <= statement.sequence; at++) {
      const body = bodies.get(at)
      if (body === undefined) return undefined
      between.push(body)
    }
    const links = linked(base, between)
    return (links.at(-1) ?? base).hash.equals(statement.hash) ? links : undefined
  }
  /** From one of those who have them; from another when that one has gone or gave what does not fit. */
  const ask = (statement: CustodyStatement, holders: readonly AgentStatus[]): void => {
    if (asked.statement !== statement.number) asked = { statement: statement.number, agent: 0, all: new Set() }
    const isWaiting = holders.some(({ id }) => id === asked.agent) && !bodies.has(statement.sequence)
    const next = holders.find(({ id }) => !asked.all.has(id))
    const base = records.restoredHead()
    if (isWaiting || next === undefined || base === undefined) return
    bodies.clear()
    asked = { ...asked, agent: next.id, all: asked.all.add(next.id) }
    const frame = frameOf(agents.messages.encodeRecall(base.sequence + 1))
    agents.tell('recall', agent => (agent.id === next.id ? frame : undefined))
  }
  const reasonToWait = (): string => {
    const newest = newestShown()
    if (newest === undefined) return 'no agent that is back keeps a statement of what was revoked'
    const { statement, holders } = newest
    const base = records.restoredHead()
    const { lostByRestore, firstIndex, alarms, restorePending } = transparency.status()
    const isOrdered = isOrderedRestore(restorePending?.reason ?? '') && alarms.every(({ kind }) => kind === 'foreign')
    if (!isOrdered) return 'nobody ordered a restore: a person has to find out what happened'
    if (base === undefined || statement.sequence < base.sequence) return 'what agents keep is older than the backup'
    if (recalledFor?.number !== statement.number) return 'the revocations since the backup have not all come back'
    if (statement.treeSize < firstIndex || statement.treeSize < firstIndex + lostByRestore) {
      return 'the newest statement that agents keep is older than what was logged last'
    }
    if (statement.agents < fewestAgents) return `fewer than ${fewestAgents} agents attended last, which proves nothing`
    if (holders.length < statement.agents) {
      return `${holders.length} of the ${statement.agents} agents that attended last are back`
    }
    return ''
  }
  const advance = async (): Promise<void> => {
    const newest = newestShown()
    if (newest === undefined || transparency.restorePending === undefined) return
    const { statement, holders } = newest
    if (recalledFor?.number !== statement.number) {
      const way = wayTo(statement)
      if (way === undefined) {
        ask(statement, holders)
        return
      }
      const adopted = await revocations.adopt(way.map(({ body }) => decodeEvent(body)))
      recalledFor = statement
      recalled = way.length
      if (adopted > 0) {
        log.warn({ events: way.length, adopted }, 'revocations since the backup have come back from agents')
        options.onRecalled()
      }
    }
    if (reasonToWait() !== '') return
    const facts = { statement: statement.number, agents: holders.length, events: recalled }
    await transparency.confirmRestore({ evidence: 'agents', detail: JSON.stringify(facts) })
    options.onConfirmed()
  }
  return {
    heard(agent) {
      const given = agent?.report.recalled
      if (agent !== undefined && given !== undefined && agent.id === asked.agent && bodies.size < mostBodies) {
        for (const [i, body] of given.bodies.entries()) bodies.set(given.first + i, body)
      }
      busy = busy.then(advance).catch((thrown: unknown) => {
        log.error({ err: errorFrom(thrown) }, 'what agents keep could not be taken over')
      })
    },
    status() {
      const newest = newestShown()
      const of = newest?.statement.agents ?? 0
      return { back: newest?.holders.length ?? 0, of, recalled, waitsFor: reasonToWait() }
    },
  }
}

const mostBodies = 10_000
