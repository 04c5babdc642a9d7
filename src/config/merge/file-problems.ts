/** The complaints about files, by object, and what of the files is not in force because of them. */

import type { KindName } from '../object.ts'
import type { Problem } from '../problem.ts'
import type { SourceState } from '../source-state.ts'
import type { RefusedEntry } from '../store/config-access.ts'
import type { ObjectId } from '../store/config-store.ts'
import { idText } from '../store/object-id.ts'

/** Grouped once for each list of problems, which is another one whenever something in it is. */
export function fileProblemsById(problems: () => readonly Problem[]): (id: ObjectId) => readonly Problem[] {
  let grouped: { readonly of: readonly Problem[]; readonly byId: ReadonlyMap<string, readonly Problem[]> } | undefined
  return id => {
    const now = problems()
    if (grouped?.of !== now) grouped = { of: now, byId: Map.groupBy(now, subjectOf) }
    return grouped.byId.get(idText(id)) ?? []
  }
}

/** By file and object. An object with a last good version in force is not among them. */
export function refusedOfFiles({ objects, problems }: SourceState): readonly RefusedEntry[] {
  const placeOf = (file: string, subject: string): string => `${file}\n${subject}`
  const states = new Map(objects.map(object => [placeOf(object.file, idText(object)), object.state]))
  const errors = problems.filter(({ severity }) => severity === 'error')
  const groups = Map.groupBy(errors, problem =>
    problem.name === undefined
      ? `${problem.file}\n${problem.line}:${problem.column}`
      : placeOf(problem.file, subjectOf(problem)),
  )
  return [...groups].flatMap(([place, found]): readonly RefusedEntry[] => {
    const [first] = found
    const state = states.get(place)
    if (first === undefined || state === 'in force' || state === 'last good in force') return []
    const { kind, namespace = '', name, file, line, column } = first
    // Sound: the readers name objects of known kinds only.
    const id = name === undefined ? undefined : { kind: kind as KindName, namespace, name }
    const source = { kind: 'file', file, line, column } as const
    return [{ id, source, state: state ?? 'refused', problems: found }]
  })
}

const subjectOf = ({ kind = '', namespace = '', name = '' }: Problem): string => `${kind}/${namespace}/${name}`
