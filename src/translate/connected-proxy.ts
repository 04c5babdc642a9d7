/** One connected proxy as the engine follows it: what it uses of each kind, and the tables that this gives it. */

import type { FacetChoice } from './facet-records.ts'
import type { KindPipeline } from './kind-pipeline.ts'
import type { Table } from './table.ts'

/** By position of the kind. */
export type FacetChoices = readonly (FacetChoice | undefined)[]

export interface ProxyTables<T extends Table> {
  /** What the proxy uses of each kind, by position of the kind. */
  readonly choices: FacetChoices
  /** The same array until `onReplaced` says otherwise. */
  tables(typeUrl: string): readonly T[]
  /** `listener` is called with each type whose tables are others now. */
  onReplaced(listener: (typeUrl: string) => void): void
  close(): void
}

export class ConnectedProxy<T extends Table> implements ProxyTables<T> {
  readonly #pipelines: readonly KindPipeline<T>[]
  readonly #onClose: () => void
  readonly #listeners: ((typeUrl: string) => void)[] = []
  #tables = new Map<string, readonly T[]>()
  choices: FacetChoices = []

  constructor(pipelines: readonly KindPipeline<T>[], onClose: () => void) {
    this.#pipelines = pipelines
    this.#onClose = onClose
  }

  tables(typeUrl: string): readonly T[] {
    const known = this.#tables.get(typeUrl)
    if (known !== undefined) return known
    const tables = this.#pipelines.flatMap(({ kind, records }, i) => {
      const choice = this.choices[i]
      const table = kind.typeUrl === typeUrl && choice !== undefined ? records.table(choice.key) : undefined
      return table === undefined ? [] : [table]
    })
    this.#tables.set(typeUrl, tables)
    return tables
  }

  onReplaced(listener: (typeUrl: string) => void): void {
    this.#listeners.push(listener)
  }

  close(): void {
    this.#onClose()
  }

  replace(types: readonly string[]): void {
    for (const type of types) this.#tables.delete(type)
    for (const type of types) for (const listener of this.#listeners) listener(type)
  }
}
