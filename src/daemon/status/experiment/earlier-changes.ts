/** The last changes of objects as the store's history has them: what was changed before this run of the daemon. */

import type { AnyObject } from '../../../config/kinds/catalogue.ts'
import { objectKey } from '../../../config/object.ts'
import { readJsonObject } from '../../../config/read-json.ts'
import type { StoredVersion, VersionFacts } from '../../../config/store/config-store.ts'
import type { Sources } from '../../../discovery/sources.ts'
import { plainEqual } from '../../../graph/equality.ts'
import type { RecentChange } from './recent-changes.ts'

export interface EarlierChangesOptions {
  readonly sources: Sources
  /** Of every object that exists, of all sources. In no order. */
  readonly versions: () => readonly VersionFacts[]
  /** Newest first. */
  readonly history: (id: VersionFacts) => readonly StoredVersion[]
}

/** Of objects that are in force, the youngest first. Cost: the number of objects; a history is read when `before` is asked for. */
export function earlierChanges(
  { sources, versions, history }: EarlierChangesOptions,
  limit: number,
): readonly RecentChange[] {
  return versions()
    .toSorted((a, b) => b.revision - a.revision)
    .slice(0, limit)
    .flatMap(facts => {
      const key = objectKey({ metadata: facts })
      const after: AnyObject | undefined = sources[facts.kind].get(key)
      return after === undefined ? [] : [new EarlierChange(facts, after, () => previousOf(after, history(facts)))]
    })
}

class EarlierChange implements RecentChange {
  readonly kind: RecentChange['kind']
  readonly key: string
  readonly after: AnyObject
  readonly atMs = undefined
  readonly #read: () => AnyObject | undefined
  #before: { readonly object: AnyObject | undefined } | undefined

  constructor(facts: VersionFacts, after: AnyObject, read: () => AnyObject | undefined) {
    this.kind = facts.kind
    this.key = objectKey({ metadata: facts })
    this.after = after
    this.#read = read
  }

  get before(): AnyObject | undefined {
    this.#before ??= { object: this.#read() }
    return this.#before.object
  }
}

/** The newest version that means something else; one that this daemon finds invalid is passed over. */
function previousOf(current: AnyObject, history: readonly StoredVersion[]): AnyObject | undefined {
  for (const { object, revision } of history) {
    if (object === undefined) return undefined
    const read = readJsonObject(object, 'store', { source: 'store', revision })
    if (read.kind === 'object' && !isSame(read.object, current)) return read.object
  }
  return undefined
}

const isSame = (a: AnyObject, b: AnyObject): boolean =>
  plainEqual(a.spec, b.spec) &&
  plainEqual(a.metadata.labels, b.metadata.labels) &&
  plainEqual(a.metadata.annotations, b.metadata.annotations)
