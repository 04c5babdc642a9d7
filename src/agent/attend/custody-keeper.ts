/**
 * What the authority gives to keep, on this agent's own disk: its newest statement of how far revocations had got, and the
 * events themselves. A daemon that was restored from a backup asks for them; nothing here is understood or checked, because
 * only the authority can.
 */

import { errorFrom } from '../../platform/errors.ts'
import { writeFileAtomically } from '../../platform/files.ts'
import type { Log } from '../../platform/log.ts'
import { readIfPresent } from '../state/read-if-present.ts'
import type { Custody, EventPart } from './attend-messages.ts'

export interface CustodyKeeper {
  /** Reads what an earlier run left. */
  load(): Promise<void>
  /** Empty: none so far. */
  readonly statement: Buffer
  /** On disk when it returns; when it cannot be written, what was kept before stays. */
  keep(custody: Custody): void
  /** Those from there on, in parts of at most so many bytes. */
  partsFrom(sequence: number): readonly EventPart[]
}

export interface CustodyKeeperOptions {
  readonly statementFile: string
  readonly eventsFile: string
  readonly log: Log
}

/** What the authority gives at most; older ones go. */
const mostEvents = 500
const mostPartBytes = 8 * 1024

export function createCustodyKeeper({ statementFile, eventsFile, log }: CustodyKeeperOptions): CustodyKeeper {
  let statement: Buffer = Buffer.alloc(0)
  let events: EventPart = { first: 1, bodies: [] }

  const joined = ({ first, bodies, replaces }: Custody): EventPart => {
    const next = events.first + events.bodies.length
    if (replaces || first > next) return { first, bodies }
    const fresh = bodies.slice(next - first)
    const all = [...events.bodies, ...fresh]
    const dropped = Math.max(0, all.length - mostEvents)
    return fresh.length === 0 ? events : { first: events.first + dropped, bodies: all.slice(dropped) }
  }
  return {
    async load() {
      try {
        const text = await readIfPresent(eventsFile)
        if (text !== undefined) events = eventsFrom(JSON.parse(text.toString('utf8')))
        statement = (await readIfPresent(statementFile)) ?? statement
      } catch (thrown) {
        log.warn({ file: eventsFile, err: errorFrom(thrown) }, 'what is kept for the authority was not read')
      }
    },
    get statement() {
      return statement
    },
    keep(custody) {
      const whole = joined(custody)
      try {
        // A statement is of no use without its events, so it comes last.
        if (whole !== events) {
          const { first, bodies } = whole
          const content = { first, events: bodies.map(body => body.toString('base64')) }
          writeFileAtomically(eventsFile, JSON.stringify(content), 0o600)
        }
        writeFileAtomically(statementFile, custody.statement, 0o600)
        events = whole
        statement = custody.statement
      } catch (thrown) {
        log.warn({ file: statementFile, err: errorFrom(thrown) }, 'what is kept for the authority was not written')
      }
    },
    partsFrom(sequence) {
      const parts: { first: number; bodies: Buffer[] }[] = []
      let room = 0
      for (const [i, body] of events.bodies.entries()) {
        if (events.first + i < sequence) continue
        if (room < body.length) {
          parts.push({ first: events.first + i, bodies: [] })
          room = mostPartBytes
        }
        parts.at(-1)?.bodies.push(body)
        room -= body.length
      }
      return parts
    },
  }
}

function eventsFrom(value: unknown): EventPart {
  const { first, events } = value as { first?: unknown; events?: unknown }
  const isWhole = Number.isSafeInteger(first) && Array.isArray(events) && events.every(each => typeof each === 'string')
  if (!isWhole) throw new Error('it is not what an agent writes')
  // Checked just now.
  return { first: first as number, bodies: (events as string[]).map(each => Buffer.from(each, 'base64')) }
}
