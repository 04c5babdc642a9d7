/** A table that shows another one with some of its resources exchanged: for clients that cannot bear what the other holds. */

import type { EncodedResource } from '../platform/encoded-resource.ts'
import type { ResourceTable } from './resource-table.ts'
import { Table } from './table.ts'

export interface ScreenedTable {
  readonly table: ResourceTable
  /** What is shown is decided anew. Cost: the table's size. */
  refresh(): void
  /** Follows the other table no longer. */
  close(): void
}

/** `show` says what stands in place of a resource: the same, another one, or none. Changes of `original` follow at once. */
export function screenedTable(
  original: ResourceTable,
  show: (resource: EncodedResource) => EncodedResource | undefined,
): ScreenedTable {
  if (!(original instanceof Table)) throw new TypeError('a table was not made by createResourceTable')
  const table = new Table(original.typeUrl)
  const refresh = (): void => {
    const names = new Set([...original.names(), ...table.names()])
    table.apply([...names].map(name => ({ name, resource: shown(original.get(name)) })))
  }
  const shown = (resource: EncodedResource | undefined): EncodedResource | undefined =>
    resource === undefined ? undefined : show(resource)
  refresh()
  const close = original.follow(changes =>
    table.apply(changes.map(({ name, resource }) => ({ name, resource: shown(resource) }))),
  )
  return { table, refresh, close }
}
