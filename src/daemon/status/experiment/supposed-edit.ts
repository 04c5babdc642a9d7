/** An edit of configuration objects and the edit that takes it back. */

import type { ConfigChange } from '../../../config/files/file-ledger.ts'
import type { AnyObject } from '../../../config/kinds/catalogue.ts'
import type { Sources } from '../../../discovery/sources.ts'
import type { Source } from '../../../graph/graph.ts'

export interface Experiment {
  edit(): void
  undo(): void
}

/** The sources as they are when this is called are what `undo` puts back. The last word on an object counts. */
export function supposedEdit(sources: Sources, changes: readonly ConfigChange[]): Experiment {
  const befores = new Map(
    changes.map(change => [
      `${change.kind}\n${change.key}`,
      { ...change, object: sources[change.kind].get(change.key) },
    ]),
  )
  return {
    edit: () => putAll(sources, changes),
    undo: () => putAll(sources, [...befores.values()]),
  }
}

function putAll(sources: Sources, changes: readonly ConfigChange[]): void {
  for (const { kind, key, object } of changes) {
    // Sound: the object is of the kind that the change names.
    const source = sources[kind] as Source<AnyObject>
    if (object === undefined) source.remove(key)
    else source.put(key, object)
  }
}
