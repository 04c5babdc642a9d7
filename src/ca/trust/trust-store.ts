/** The one value of trust, edited in turn: read, edit, persist, tell. */

import { isDeepStrictEqual } from 'node:util'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { TrustRecords } from './trust-records.ts'
import type { TrustContent, TrustedRoot, TrustState, TrustStore } from './trust-state.ts'

export interface OwnedTrustStore extends TrustStore {
  /** Reads what was stored; at the very first start these roots become the first generation. */
  open(firstRoots: () => readonly TrustedRoot[]): Promise<TrustState>
  /** What follows from every edit, as a part of it: lists of revoked certificates follow the roots. */
  completeWith(complete: (content: TrustContent) => TrustContent): void
}

export interface TrustStoreOptions {
  readonly records: TrustRecords
  readonly log: Log
}

export function createTrustStore({ records, log }: TrustStoreOptions): OwnedTrustStore {
  const handlers = new Set<(state: TrustState) => void>()
  let state: TrustState | undefined
  let complete = (content: TrustContent): TrustContent => content
  let last: Promise<unknown> = Promise.resolve()

  const current = (): TrustState => {
    if (state !== undefined) return state
    throw new MeshwrightError('CA_NOT_READY', { message: 'the certificate authority has not started' })
  }
  const apply = async (edit: (content: TrustContent) => TrustContent): Promise<TrustState> => {
    const { generation, ...content } = current()
    const edited = sorted(complete(edit(content)))
    if (isDeepStrictEqual(edited, content)) return current()
    const next = Object.freeze({ ...edited, generation: generation + 1 })
    await records.saveTrust(next)
    state = next
    log.info(factsOf(next), 'trust changed')
    for (const handler of handlers) tell(handler, next)
    return next
  }
  const tell = (handler: (state: TrustState) => void, next: TrustState): void => {
    try {
      handler(next)
    } catch (thrown) {
      // One follower's fault must not keep the others from the new trust.
      log.error({ err: errorFrom(thrown), generation: next.generation }, 'new trust not taken over')
    }
  }
  return {
    current,
    async open(firstRoots) {
      state = records.trust()
      if (state === undefined) {
        const first = Object.freeze({ generation: 1, ...sorted({ roots: firstRoots(), federated: [], crls: [] }) })
        await records.saveTrust(first)
        state = first
      }
      return state
    },
    change(edit) {
      const changed = last.then(() => apply(edit))
      last = changed.catch(() => undefined)
      return changed
    },
    completeWith(completion) {
      complete = completion
    },
    onChange(handler) {
      handlers.add(handler)
      return () => void handlers.delete(handler)
    },
  }
}

/** Roots keep the order in which they came: the oldest first. */
function sorted({ roots, federated, crls }: TrustContent): TrustContent {
  return {
    roots,
    federated: federated.toSorted((a, b) => compare(a.trustDomain, b.trustDomain)),
    crls: crls.toSorted((a, b) => compare(a.issuerFingerprint, b.issuerFingerprint)),
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function factsOf({ generation, roots, federated, crls }: TrustState): object {
  return {
    generation,
    roots: roots.map(root => root.fingerprint),
    federated: federated.map(bundle => bundle.trustDomain),
    crls: crls.length,
  }
}
