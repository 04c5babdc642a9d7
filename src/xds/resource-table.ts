/** The resources of one type for one facet, with the version at which each last changed. */

import type { EncodedResource } from '../platform/encoded-resource.ts'

export interface ResourceChange {
  readonly name: string
  /** Undefined: removed. */
  readonly resource: EncodedResource | undefined
}

export interface ResourceTable {
  readonly typeUrl: string
  /** Grows by one with each `apply` that changed something; 0 when nothing was ever applied. */
  readonly version: number
  readonly size: number
  get(name: string): EncodedResource | undefined
  names(): Iterable<string>
  /** A resource equal in version to the one held changes nothing. Wakes only the watches that want a changed name. */
  apply(changes: readonly ResourceChange[]): void
  /** Names added, changed or removed after version `cursor`. Cost: the number of changes since, not the table's size. */
  changedSince(cursor: number): ReadonlySet<string>
}
