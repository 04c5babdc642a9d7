/** Tables by hand, in place of a translation. */

import { type EncodedResource, encodedResource } from '../../platform/encoded-resource.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { ResourceTable } from '../resource-table.ts'
import { createResourceTable } from '../table.ts'
import type { NodeIdentity, TableDirectory, TableSet, XdsVariant } from '../table-set.ts'

/** A resource whose encoding is `NAME=CONTENT`. */
export function testResource(typeUrl: string, name: string, content: string): EncodedResource {
  return encodedResource(typeUrl, name, Buffer.from(`${name}=${content}`))
}

/** Edits by name: content, or undefined to remove. */
export function edit(table: ResourceTable, edits: Readonly<Record<string, string | undefined>>): void {
  table.apply(
    Object.entries(edits).map(([name, content]) => ({
      name,
      resource: content === undefined ? undefined : testResource(table.typeUrl, name, content),
    })),
  )
}

/** Every client has the same tables; node id `intruder` is refused. */
export class TestDirectory implements TableDirectory {
  readonly #tables = new Map<string, ResourceTable[]>()
  readonly #listeners = new Set<(typeUrl: string) => void>()
  readonly admitted: { readonly node: NodeIdentity; readonly variant: XdsVariant }[] = []
  openSets = 0

  /** The first table of a type; made when it is asked for. */
  table(typeUrl: string): ResourceTable {
    const [first] = this.#tables.get(typeUrl) ?? []
    return first ?? this.addTable(typeUrl)
  }

  addTable(typeUrl: string): ResourceTable {
    const table = createResourceTable(typeUrl)
    this.#tables.set(typeUrl, [...(this.#tables.get(typeUrl) ?? []), table])
    return table
  }

  /** Every client's tables of the type become `tables`. */
  replace(typeUrl: string, tables: ResourceTable[]): void {
    this.#tables.set(typeUrl, tables)
    for (const listener of this.#listeners) listener(typeUrl)
  }

  admit(node: NodeIdentity, _peer: unknown, variant: XdsVariant): TableSet {
    if (node.id === 'intruder') throw new MeshwrightError('XDS_REQUEST_INVALID', { message: 'no such node here' })
    this.admitted.push({ node, variant })
    this.openSets++
    const mine = new Set<(typeUrl: string) => void>()
    return {
      tables: typeUrl => this.#tables.get(typeUrl) ?? [],
      onReplaced: listener => {
        mine.add(listener)
        this.#listeners.add(listener)
      },
      close: () => {
        this.openSets--
        for (const listener of mine) this.#listeners.delete(listener)
      },
    }
  }
}
