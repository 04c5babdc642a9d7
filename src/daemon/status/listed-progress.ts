/**
 * How far the proxies are with each object of a list. Which resources an object has a part in is found as for one object,
 * by experiment, and kept until the next commit; whom they go to is looked up by groups of streams, with one walk over all
 * streams for the whole list. A list that would take too long leaves the rest out, and the next one goes on from there.
 */

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ConfigChange } from '../../config/files/file-ledger.ts'
import type { ObjectReference, ProxyCounts } from '../../config/object-status.ts'
import type { Clock } from '../../platform/clock.ts'
import { isWanted } from '../../xds/subscription.ts'
import { type ConcernParts, concernedBy, type Names } from './experiment/concerned.ts'
import { supposedEdit } from './experiment/supposed-edit.ts'
import { objectKeyOf } from './object-statuses.ts'
import { progressOf } from './progress.ts'
import { proxyKindOf } from './proxy-name.ts'
import { groupSessions, type SessionGroup } from './session-groups.ts'
import { lagOf } from './standing.ts'

export interface ListedProgress {
  /** In the order of the references, by kind of proxy; undefined: not looked at, for want of time. */
  of(references: readonly ObjectReference[]): Promise<readonly (readonly ProxyCounts[] | undefined)[]>
  /** To be called after each commit. */
  committed(): void
  /** What lists have cost since the start. */
  readonly cost: ListingCost
}

export interface ListingCost {
  /** Looks at every stream. */
  readonly walks: number
  /** Edits supposed. */
  readonly experiments: number
}

export interface ListedProgressParts extends ConcernParts {
  readonly clock: Pick<Clock, 'monotonicMs'>
}

/** Of the time of one list, and of one turn of the event loop. */
const listMs = 300
const turnMs = 10

/** What an object has a part in, by the key of a group. */
type Concern = ReadonlyMap<string, Names>

export function createListedProgress(parts: ListedProgressParts): ListedProgress {
  const { clock, proxyOf } = parts
  const known = new Map<string, Concern>()
  const cost = { walks: 0, experiments: 0 }
  const grouped = (): readonly SessionGroup[] => {
    cost.walks += 1
    return groupSessions(parts.sessions(), proxyOf)
  }
  /** Undefined: it would move proxies to other facets, those of one group perhaps to several. */
  const concernOf = (reference: ObjectReference, groups: readonly SessionGroup[]): Concern | undefined => {
    const id = `${reference.kind}/${objectKeyOf(reference)}`
    const found = known.get(id)
    if (found !== undefined && groups.every(({ key }) => found.has(key))) return found
    const concern = new Map(groups.map(({ key }) => [key, new Map<string, readonly string[]>()]))
    for (const change of experimentsOn(parts, reference)) {
      cost.experiments += 1
      const isShared = parts.translation.suppose({
        ...supposedEdit(parts.sources, [change]),
        look(supposition) {
          if (supposition.moves) return false
          for (const { key, session, proxy } of groups) {
            for (const { typeUrl, subscription } of session.types) {
              const names = supposition
                .differences(proxy, typeUrl)
                .flatMap(({ name }) => (isWanted(subscription, name) ? [name] : []))
              if (names.length === 0) continue
              const ofGroup = concern.get(key)
              ofGroup?.set(typeUrl, [...new Set([...(ofGroup.get(typeUrl) ?? []), ...names])].sort())
            }
          }
          return true
        },
      })
      if (!isShared) return undefined
    }
    known.set(id, concern)
    return concern
  }
  const countsOf = (concern: Concern, groups: readonly SessionGroup[]): readonly ProxyCounts[] => {
    const counts = new Map<string, Record<'acked' | 'waiting' | 'nacked' | 'quarantined', number>>()
    const add = (kind: string, state: 'acked' | 'waiting' | 'nacked' | 'quarantined', count: number): void => {
      const ofKind = counts.get(kind) ?? { acked: 0, waiting: 0, nacked: 0, quarantined: 0 }
      ofKind[state] += count
      counts.set(kind, ofKind)
    }
    for (const { key, settled, unsettled } of groups) {
      const names = concern.get(key)
      if (names === undefined || names.size === 0) continue
      for (const [kind, count] of settled) add(kind, 'acked', count)
      for (const session of unsettled) add(proxyKindOf(session), lagOf(session, names, proxyOf)?.state ?? 'acked', 1)
    }
    return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([proxyKind, of]) => ({ proxyKind, ...of }))
  }
  const countsOfEach = (reference: ObjectReference): readonly ProxyCounts[] => {
    cost.walks += 1
    const found = concernedBy(parts, { kind: reference.kind, key: objectKeyOf(reference) })
    return progressOf(found, proxyOf).map(({ laggards: _, ...counts }) => counts)
  }
  return {
    cost,
    committed: () => known.clear(),
    async of(references) {
      const endMs = clock.monotonicMs() + listMs
      let turnEndMs = clock.monotonicMs() + turnMs
      let groups = grouped()
      const answer: (readonly ProxyCounts[] | undefined)[] = []
      for (const reference of references) {
        if (clock.monotonicMs() >= endMs) {
          answer.push(undefined)
          continue
        }
        if (clock.monotonicMs() >= turnEndMs) {
          await nextTurn()
          turnEndMs = clock.monotonicMs() + turnMs
          groups = grouped()
        }
        const concern = concernOf(reference, groups)
        answer.push(concern === undefined ? countsOfEach(reference) : countsOf(concern, groups))
      }
      return answer
    },
  }
}

/** Without it, and as it was before its last change. */
function experimentsOn({ sources, recent }: ConcernParts, reference: ObjectReference): readonly ConfigChange[] {
  const { kind } = reference
  const key = objectKeyOf(reference)
  const last = recent.of(kind, key)
  return [
    ...(sources[kind].has(key) ? [{ kind, key, object: undefined }] : []),
    ...(last?.before === undefined ? [] : [{ kind, key, object: last.before }]),
  ]
}
