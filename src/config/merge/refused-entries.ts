/**
 * Objects of files that were refused and of which nothing is in force: they have no version in the store, and stand in
 * lists all the same, as their authors wrote them, so that whoever looks for one finds it and why it does nothing.
 */

import type { RefusedObject } from '../files/refused-object.ts'
import type { Problem } from '../problem.ts'
import type { ConfigEntry } from '../store/config-access.ts'
import type { JsonObject, ListQuery, ObjectId } from '../store/config-store.ts'
import { byId, idText } from '../store/object-id.ts'

export interface RefusedEntries {
  get(id: ObjectId): ConfigEntry | undefined
  /** Where the file has it. */
  placeOf(id: ObjectId): Pick<RefusedObject, 'file' | 'line' | 'column'> | undefined
  /** Those that the query asks for, without its limit; sorted by kind, namespace, name. */
  list(query: ListQuery): readonly ConfigEntry[]
}

export interface RefusedEntriesParts {
  /** Another list whenever something in it is. */
  readonly refused: () => readonly RefusedObject[]
  readonly problemsOf: (id: ObjectId) => readonly Problem[]
  /** Some source has it in force, or it is on its way there. */
  readonly isInForce: (id: ObjectId) => boolean
}

export function createRefusedEntries({ refused, problemsOf, isInForce }: RefusedEntriesParts): RefusedEntries {
  let sorted: { readonly of: readonly RefusedObject[]; readonly byId: ReadonlyMap<string, RefusedObject> } | undefined
  const known = (): ReadonlyMap<string, RefusedObject> => {
    const of = refused()
    if (sorted?.of !== of) sorted = { of, byId: new Map([...of].sort(byId).map(one => [idText(one), one])) }
    return sorted.byId
  }
  const entryOf = ({ text, file, line, column, kind, namespace, name }: RefusedObject): ConfigEntry => ({
    kind,
    namespace,
    name,
    revision: 0,
    generation: 0,
    uid: '',
    createdAtMs: 0,
    changedAtMs: 0,
    changedBy: `file:${file}`,
    source: { kind: 'file', file, line, column },
    // Sound: only mappings are told which object they are.
    object: JSON.parse(text) as JsonObject,
    readOnly: true,
    state: 'refused',
    problems: problemsOf({ kind, namespace, name }),
  })
  return {
    get(id) {
      const found = known().get(idText(id))
      return found === undefined || isInForce(id) ? undefined : entryOf(found)
    },
    placeOf: id => known().get(idText(id)),
    list: ({ kind, namespace, after }) =>
      [...known().values()]
        .filter(
          one =>
            (kind === undefined || one.kind === kind) &&
            (namespace === undefined || one.namespace === namespace) &&
            (after === undefined || byId(one, after) > 0) &&
            !isInForce(one),
        )
        .map(entryOf),
  }
}
