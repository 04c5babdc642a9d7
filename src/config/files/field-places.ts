/**
 * Where a field of an object stands in its file, for complaints that come after reading: objects do not carry the places of
 * their fields, since nearly all of them are never complained about.
 */

import type { ConfigObject } from '../object.ts'
import type { Problem } from '../problem.ts'
import { unfolded } from '../unfolded-list.ts'
import { type WrittenFields, writtenFields } from '../written-field.ts'
import { type Place, readYaml } from '../yaml-documents.ts'

/** The problem at its field, where the text still holds the object at its place; else as it is. */
export type Placed = (problem: Problem, origin: ConfigObject['origin']) => Problem

/** `textOf` answers what a file holds; each file is read and parsed at most once, and only when it is complained about. */
export function createFieldPlaces(textOf: (file: string) => string | undefined): Placed {
  const files = new Map<string, ReadonlyMap<string, Located>>()
  return (problem, origin) => {
    if (origin.source !== 'file') return problem
    const { file, line, column } = origin
    const known = files.get(file) ?? rootsByPlace(textOf(file) ?? '', file)
    files.set(file, known)
    const located = known.get(`${line}:${column}`)
    if (located === undefined) return problem
    return { ...problem, ...located.placeOf(located.fields.offset(problem.field ?? '')) }
  }
}

interface Located {
  readonly fields: WrittenFields
  placeOf(offset: number): Place
}

function rootsByPlace(text: string, file: string): ReadonlyMap<string, Located> {
  const { roots, placeOf } = readYaml(text, file)
  return new Map(
    roots.flatMap(unfolded).map(root => {
      const { line, column } = placeOf(root.offset)
      return [`${line}:${column}`, { fields: writtenFields(root), placeOf }] as const
    }),
  )
}
