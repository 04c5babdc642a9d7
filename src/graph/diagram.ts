/**
 * A graph as a Mermaid flowchart. Thick: what a collection is derived from. Dotted: what it reads beside that; where many
 * collections read the same many others, the lines go through one node, because drawings end at some hundreds of lines.
 */

import { SourceStore, type Store } from './store.ts'

/** `stores` in order of creation. */
export function diagramOf(stores: readonly Store<unknown>[]): string {
  const id = new Map(stores.map((store, index) => [store.name, `n${index}`]))
  const lines = ['flowchart LR']
  for (const store of stores) {
    const label = store instanceof SourceStore ? `[("${store.name}")]` : `["${store.name}"]`
    lines.push(`  ${id.get(store.name)}${label}`)
  }
  for (const store of stores) {
    for (const input of store.inputs().from) lines.push(`  ${id.get(input)} ==> ${id.get(store.name)}`)
  }
  let bundles = 0
  for (const { reads, readers } of sharedReads(stores)) {
    const isBundled = readers.length >= fewestReaders && reads.length >= fewestReads
    const bundle = `b${bundles}`
    if (isBundled) {
      bundles++
      lines.push(`  ${bundle}(("${reads.length} collections"))`)
      for (const read of reads) lines.push(`  ${id.get(read)} -.-> ${bundle}`)
    }
    for (const reader of readers) {
      for (const read of isBundled ? [bundle] : reads) lines.push(`  ${id.get(read) ?? read} -.-> ${id.get(reader)}`)
    }
  }
  return `${lines.join('\n')}\n`
}

const fewestReaders = 3
const fewestReads = 4

interface SharedReads {
  readonly reads: readonly string[]
  readonly readers: string[]
}

function sharedReads(stores: readonly Store<unknown>[]): Iterable<SharedReads> {
  const byReads = new Map<string, SharedReads>()
  for (const store of stores) {
    const { reads } = store.inputs()
    const key = JSON.stringify(reads)
    const known = byReads.get(key)
    if (known === undefined) byReads.set(key, { reads, readers: [store.name] })
    else known.readers.push(store.name)
  }
  return byReads.values()
}
