/** Pages of what a watch has to say, from the cache that all streams share. Keys name everything that a page depends on. */

import { createHash } from 'node:crypto'
import type { EncodedResource } from '../platform/encoded-resource.ts'
import type { FrameCache } from './frame-cache.ts'
import type { Page, ResponseBuilder } from './response.ts'
import type { SamePages } from './same-pages.ts'
import { isWanted, type Subscription } from './subscription.ts'
import type { Cursor, Table } from './table.ts'
import type { XdsVariant } from './table-set.ts'

/** One per server. */
export interface PagesShared {
  readonly cache: FrameCache
  readonly builder: ResponseBuilder
  readonly samePages: SamePages
  /** By the tables' versions. */
  readonly absentNames: WeakMap<Subscription, Map<string, readonly string[]>>
  /** Put before table versions, so that two runs of a server do not say the same version for different content. */
  readonly runId: string
}

export class PageSource {
  readonly #typeUrl: string
  readonly #variant: XdsVariant
  readonly #shared: PagesShared

  constructor(typeUrl: string, variant: XdsVariant, shared: PagesShared) {
    this.#typeUrl = typeUrl
    this.#variant = variant
    this.#shared = shared
  }

  /** Resources added or changed after the cursor. */
  changed({ table, position, canonical }: Cursor, subscription: Subscription): readonly Page[] {
    const key = `${table.id}@${table.version}<${canonical}|${subscription.id}${this.#variant}`
    return this.#shared.cache.get(key, [table], () => {
      const resources: EncodedResource[] = []
      if (position === 0) resources.push(...table.wanted(subscription))
      else {
        for (const name of table.changedSince(position)) {
          const resource = isWanted(subscription, name) ? table.get(name) : undefined
          if (resource !== undefined) resources.push(resource)
        }
      }
      return this.#sameFor(table, resources.sort(byName))
    })
  }

  /** Tables of the same content have the same pages. Cost: a hash of the resources' versions. */
  #sameFor(table: Table, resources: readonly EncodedResource[]): readonly Page[] {
    const content = { ...this.#content([table]), resources, removed: [] }
    if (resources.length < fewestShared) return this.#shared.builder.pages(content)
    const hash = createHash('sha256')
    for (const { name, version } of resources) hash.update(`${name}@${version}\n`)
    const key = `${this.#typeUrl} ${content.versionInfo} ${hash.digest('base64')}${this.#variant}`
    return this.#shared.samePages.get(key, () => this.#shared.builder.pages(content))
  }

  /** All that is wanted of a table, in one page. */
  whole(table: Table, subscription: Subscription): readonly Page[] {
    const key = `${table.id}@${table.version}=|${subscription.id}${this.#variant}`
    return this.#shared.cache.get(key, [table], () => [
      this.#shared.builder.whole({
        ...this.#content([table]),
        resources: [...table.wanted(subscription)].sort(byName),
        removed: [],
      }),
    ])
  }

  /** Shared with streams that owe the same: a changed cluster's endpoints, a new subscription, what was refused. */
  listed(tables: readonly Table[], { resources, removed, mostNames }: Listed): readonly Page[] {
    const sorted = resources.toSorted(byName)
    const gone = removed.toSorted()
    const names = `${sorted.map(resource => `${resource.name}@${resource.version}`).join('\0')}\0\0${gone.join('\0')}`
    const what = names.length > longestKey ? createHash('sha256').update(names).digest('base64') : names
    const key = `${versionsOf(tables)}+${what}|${mostNames ?? ''}${this.#variant}`
    return this.#shared.cache.get(key, tables, () =>
      this.#shared.builder.pages({ ...this.#content(tables), resources: sorted, removed: gone }, mostNames),
    )
  }

  /** Subscribed names that do not exist; found once for the streams that want the same of the same tables. */
  absentNames(tables: readonly Table[], subscription: Subscription): readonly string[] {
    const { absentNames } = this.#shared
    const versions = versionsOf(tables)
    const known = absentNames.get(subscription) ?? new Map<string, readonly string[]>()
    const found = known.get(versions)
    if (found !== undefined) return found
    const names = [...subscription.names].filter(name => tables.every(table => table.get(name) === undefined))
    // What was found for versions that have passed is of no use; those of now are found again.
    if (known.size >= mostVersions) known.clear()
    absentNames.set(subscription, known.set(versions, names))
    return names
  }

  #content(tables: readonly Table[]) {
    return {
      typeUrl: this.#typeUrl,
      variant: this.#variant,
      versionInfo: `${this.#shared.runId}-${tables.map(table => table.version).join('.')}`,
    }
  }
}

export interface Listed {
  readonly resources: readonly EncodedResource[]
  readonly removed: readonly string[]
  readonly mostNames: number | undefined
}

const longestKey = 256
/** Smaller pages are cheaper to build again than to find. */
const fewestShared = 16
/** Facets whose clients want the same, at least. */
const mostVersions = 256

function versionsOf(tables: readonly Table[]): string {
  return tables.map(table => `${table.id}@${table.version}`).join(',')
}

function byName(a: EncodedResource, b: EncodedResource): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
