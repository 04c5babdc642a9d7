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
  readonly bucket: string
  readonly ir: unknown
  uses: number
}

export class EncodingMemo {
  /** Encodings made since construction. */
  encoded = 0
  readonly #kind: AnyResourceKind
  readonly #buckets = new Map<string, Entry[]>()
  /** Made, but not yet retained: dropped by `sweep`. */
  #fresh: Entry[] = []

  constructor(kind: AnyResourceKind) {
    this.#kind = kind
  }

  /** Distinct encodings held. */
  get size(): number {
    let size = 0
    for (const bucket of this.#buckets.values()) size += bucket.length
    return size
  }

  encodingOf(name: string, ir: unknown): Encoding {
    const bucket = `${structuralHash(ir)}\n${name}`
    const entries = this.#buckets.get(bucket)
    const known = entries?.find(entry => plainEqual(entry.ir, ir))
    if (known !== undefined) return known
    const resource = encodedResource(this.#kind.typeUrl, name, this.#kind.encode(ir))
    this.encoded++
    const entry: Entry = { bucket, ir, resource, uses: 0 }
    if (entries === undefined) this.#buckets.set(bucket, [entry])
    else entries.push(entry)
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
    for (const entry of this.#fresh) {
      if (entry.uses > 0) continue
      const rest = (this.#buckets.get(entry.bucket) ?? []).filter(other => other !== entry)
      if (rest.length === 0) this.#buckets.delete(entry.bucket)
      else this.#buckets.set(entry.bucket, rest)
    }
    this.#fresh = []
  }
}

/** Sound: every Encoding was made by a memo. */
function entryOf(encoding: Encoding): Entry {
  return encoding as Entry
}
