/** Where translated resources go. Whoever serves them passes a factory, so that translation knows no stream. */

import type { EncodedResource } from '../platform/encoded-resource.ts'

export interface ResourceChange {
  readonly name: string
  /** Undefined: removed. */
  readonly resource: EncodedResource | undefined
}

/** The resources of one kind for one facet. */
export interface Table {
  readonly typeUrl: string
  get(name: string): EncodedResource | undefined
  names(): Iterable<string>
  apply(changes: readonly ResourceChange[]): void
}

/** A table that only holds: for translation without a server, and for tests. */
export class MemoryTable implements Table {
  readonly typeUrl: string
  readonly resources = new Map<string, EncodedResource>()

  constructor(typeUrl: string) {
    this.typeUrl = typeUrl
  }

  get(name: string): EncodedResource | undefined {
    return this.resources.get(name)
  }

  names(): Iterable<string> {
    return this.resources.keys()
  }

  apply(changes: readonly ResourceChange[]): void {
    for (const { name, resource } of changes) {
      if (resource === undefined) this.resources.delete(name)
      else this.resources.set(name, resource)
    }
  }
}
