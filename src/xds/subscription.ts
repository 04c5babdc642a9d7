/** What a stream wants of one type. Equal subscriptions are one object, so that streams which want the same share frames. */

export interface Wants {
  readonly wildcard: boolean
  readonly names: ReadonlySet<string>
  /** Route configurations whose virtual hosts are wanted: resources named `SCOPE/…`. */
  readonly scopes: ReadonlySet<string>
}

export interface Subscription extends Wants {
  /** Unique among the subscriptions of one interner; part of cache keys. */
  readonly id: number
}

const none: ReadonlySet<string> = new Set()
export const wantsNothing: Wants = { wildcard: false, names: none, scopes: none }

export function isWanted(wants: Wants, name: string): boolean {
  if (wants.wildcard || wants.names.has(name)) return true
  return wants.scopes.size > 0 && wants.scopes.has(scopeOf(name))
}

/**
 * The route configuration that a virtual host's resource name belongs to. "Matching should be done from right to left
 * since a host entry cannot contain slashes while a route configuration name can" (Envoy, VHDS).
 */
export function scopeOf(name: string): string {
  const slash = name.lastIndexOf('/')
  return slash < 0 ? '' : name.slice(0, slash)
}

interface Interned extends Subscription {
  readonly hash: string
  uses: number
}

/** Hands out one object per distinct subscription and forgets it when its last user has released it. */
export class SubscriptionInterner {
  readonly #byHash = new Map<string, Interned[]>()
  #nextId = 1

  /** Cost: the number of names. */
  acquire(wants: Wants): Subscription {
    const hash = hashOf(wants)
    const candidates = this.#byHash.get(hash) ?? []
    const found = candidates.find(candidate => equalWants(candidate, wants))
    if (found !== undefined) {
      found.uses++
      return found
    }
    const made: Interned = { ...wants, id: this.#nextId++, hash, uses: 1 }
    this.#byHash.set(hash, [...candidates, made])
    return made
  }

  release(subscription: Subscription): void {
    const interned = subscription as Interned // only `acquire` makes them
    interned.uses--
    if (interned.uses > 0) return
    const rest = (this.#byHash.get(interned.hash) ?? []).filter(other => other !== interned)
    if (rest.length === 0) this.#byHash.delete(interned.hash)
    else this.#byHash.set(interned.hash, rest)
  }

  get size(): number {
    let count = 0
    for (const list of this.#byHash.values()) count += list.length
    return count
  }
}

/** Independent of the order of names; equal hashes are compared in full, so a forged collision costs time and nothing else. */
function hashOf(wants: Wants): string {
  return `${wants.wildcard ? '*' : ''}${wants.names.size}:${sumOfHashes(wants.names)}/${wants.scopes.size}:${sumOfHashes(wants.scopes)}`
}

/** Sets are never changed once they are here; a thousand clients that ask for the same bring the same set (see `RecentRequests`). */
const knownSums = new WeakMap<ReadonlySet<string>, number>()

function sumOfHashes(names: ReadonlySet<string>): number {
  const known = knownSums.get(names)
  if (known !== undefined) return known
  let sum = 0
  for (const name of names) {
    let hash = 0x811c9dc5
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
    sum = (sum + (hash >>> 0)) % 0x1fffffffffffff
  }
  knownSums.set(names, sum)
  return sum
}

function equalWants(a: Wants, b: Wants): boolean {
  return a.wildcard === b.wildcard && equalSets(a.names, b.names) && equalSets(a.scopes, b.scopes)
}

export function equalSets(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const name of a) if (!b.has(name)) return false
  return true
}
