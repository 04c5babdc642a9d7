/**
 * One encoding per distinct IR of a name: equal IRs of different facets share one EncodedResource and its Buffers.
 * An entry lives as long as somebody retains it.
 */

import { plainEqual } from '../graph/equality.ts'
import { type EncodedResource, encodedResource } from '../platform/encoded-resource.ts'
import type { AnyResourceKind } from './resource-kind.ts'
import { structuralHash } from './structural-hash.ts'

export interface Encoding {
  readonly resource: EncodedResource
}

interface Entry extends Encoding {
  readonly name: string
  readonly ir: unknown
  uses: number
}

/** By hash of the IR. */
type Entries = Map<number, readonly Entry[]>

export class EncodingMemo {
  /** Encodings made since construction. */
  encoded = 0
  readonly #kind: AnyResourceKind
  /** By name. Most names have one IR, which is compared and never hashed. */
  readonly #known = new Map<string, Entry | Entries>()
  /** Made, but not yet retained: dropped by `sweep`. */
  #fresh: Entry[] = []

  constructor(kind: AnyResourceKind) {
    this.#kind = kind
  }

  encodingOf(name: string, ir: unknown): Encoding {
    const known = this.#find(name, ir)
    if (known !== undefined) return known
    const resource = encodedResource(this.#kind.typeUrl, name, this.#kind.encode(ir))
    this.encoded++
    const entry: Entry = { name, ir, resource, uses: 0 }
    this.#add(entry)
    this.#fresh.push(entry)
    return entry
  }

  retain(encoding: Encoding): void {
    entryOf(encoding).uses++
  }

  release(encoding: Encoding): void {
    const entry = entryOf(encoding)
    entry.uses--
    // Dropped by `sweep`, because another facet may retain it within the same commit.
    if (entry.uses === 0) this.#fresh.push(entry)
  }

  /** To be called when a commit is over. */
  sweep(): void {
    for (const entry of this.#fresh) if (entry.uses === 0) this.#drop(entry)
    this.#fresh = []
  }

  #find(name: string, ir: unknown): Entry | undefined {
    const known = this.#known.get(name)
    if (known instanceof Map) return known.get(structuralHash(ir))?.find(entry => plainEqual(entry.ir, ir))
    return known !== undefined && plainEqual(known.ir, ir) ? known : undefined
  }

  #add(entry: Entry): void {
    const known = this.#known.get(entry.name)
    if (known === undefined) {
      this.#known.set(entry.name, entry)
      return
    }
    const entries: Entries = known instanceof Map ? known : new Map([[structuralHash(known.ir), [known]]])
    const hash = structuralHash(entry.ir)
    entries.set(hash, [...(entries.get(hash) ?? []), entry])
    this.#known.set(entry.name, entries)
  }

  #drop(entry: Entry): void {
    const known = this.#known.get(entry.name)
    if (!(known instanceof Map)) {
      if (known === entry) this.#known.delete(entry.name)
      return
    }
    const hash = structuralHash(entry.ir)
    const rest = known.get(hash)?.filter(other => other !== entry) ?? []
    if (rest.length > 0) known.set(hash, rest)
    else known.delete(hash)
    if (known.size === 0) this.#known.delete(entry.name)
  }
}

/** Sound: every Encoding was made by a memo. */
function entryOf(encoding: Encoding): Entry {
  return encoding as Entry
}
