/**
 * Refused attempts on their way into the log. Each caller and reason has at most one entry a minute, with a count, and
 * at most `mostKinds` are told apart in a minute, so that nobody can fill the disk or the memory by being refused. The
 * first refusal of somebody known is logged at once.
 */

import type { Clock, Timer } from '../../platform/clock.ts'
import type { ErrorCode } from '../../platform/error-codes.ts'
import type { LogCaller, LogContent } from './log-entry.ts'

export interface RefusalLog {
  /** Somebody who proved nothing, at `address:port`; the port does not tell callers apart. */
  caller(peerAddress: string, code: ErrorCode): void
  /** Somebody known who may not have this. `reason` is cut to `longestReason`. */
  request(refused: RefusedRequest): void
}

export interface RefusedRequest {
  readonly identity: string
  readonly caller: LogCaller
  readonly code: ErrorCode
  readonly reason: string
}

export interface OwnedRefusalLog extends RefusalLog {
  /** Logs what has been counted so far. */
  flush(): void
  stop(): void
}

export interface RefusalOptions {
  readonly clock: Clock
  /** Not waited for; answers for its own failures. */
  readonly append: (content: LogContent) => void
}

export const mostKinds = 1024
const windowMs = 60_000
const longestReason = 300

interface Counted {
  readonly content: LogContent
  count: number
  readonly firstAtMs: number
  lastAtMs: number
}

export function createRefusalLog({ clock, append }: RefusalOptions): OwnedRefusalLog {
  /** Refusals of this minute that have no entry yet, and those with one (count 0). */
  let counted = new Map<string, Counted>()
  let timer: Timer | undefined

  const flush = (): void => {
    timer?.cancel()
    timer = undefined
    const ending = counted
    counted = new Map()
    for (const each of ending.values()) if (each.count > 0) append(entryOf(each))
  }
  const count = (key: string, first: 'logged' | 'counted', content: LogContent): void => {
    timer ??= clock.after(windowMs, flush)
    const known = counted.get(key)
    if (known !== undefined) {
      known.count += 1
      known.lastAtMs = clock.now()
      return
    }
    if (counted.size >= mostKinds && key !== othersKey) {
      count(othersKey, 'counted', others)
      return
    }
    const nowMs = clock.now()
    const isLogged = first === 'logged'
    counted.set(key, { content, count: isLogged ? 0 : 1, firstAtMs: nowMs, lastAtMs: nowMs })
    if (isLogged) append(content)
  }
  return {
    caller(peerAddress, code) {
      const address = hostOf(peerAddress)
      count(`caller ${code} ${address}`, 'counted', {
        kind: 'refusal',
        caller: { evidence: 'none', detail: '', peerAddress: address },
        details: { code },
      })
    },
    request({ identity, caller, code, reason }) {
      const details = { code, reason: reason.slice(0, longestReason) }
      count(`request ${code} ${identity}`, 'logged', { kind: 'refusal', identity, caller, details })
    },
    flush,
    stop: flush,
  }
}

const othersKey = 'others'
const others: LogContent = {
  kind: 'refusal',
  caller: { evidence: 'none', detail: '', peerAddress: 'more than could be told apart' },
}

function entryOf({ content, count, firstAtMs, lastAtMs }: Counted): LogContent {
  return { ...content, details: { ...content.details, count, firstAtMs, lastAtMs } }
}

/** `192.0.2.1:4711` or `[2001:db8::1]:4711` or a bare address. */
function hostOf(address: string): string {
  return /^\[(.*)\](?::\d+)?$/.exec(address)?.[1] ?? /^([^:]*):\d+$/.exec(address)?.[1] ?? address
}
