/**
 * Where a field of an object stands in its file, for complaints that come after reading: objects do not carry the places of
 * their fields, since nearly all of them are never complained about.
 */

import { isMap, isScalar, isSeq, type Node } from 'yaml'
import type { ConfigObject } from '../object.ts'
import type { Problem } from '../problem.ts'
import { offsetOf } from '../schema/read-value.ts'
import { unfolded } from '../unfolded-list.ts'
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
    const place = located === undefined ? undefined : placeIn(located, problem.field ?? '')
    return place === undefined ? problem : { ...problem, ...place }
  }
}

interface Located {
  readonly root: Node
  placeOf(offset: number): Place
}

function rootsByPlace(text: string, file: string): ReadonlyMap<string, Located> {
  const { roots, placeOf } = readYaml(text, file)
  return new Map(
    roots.flatMap(unfolded).map(root => {
      const { line, column } = placeOf(offsetOf(root))
      return [`${line}:${column}`, { root, placeOf }] as const
    }),
  )
}

/** Of the field, or of the nearest thing around it that is written. */
function placeIn({ root, placeOf }: Located, field: string): Place {
  let node: Node | undefined = root
  let offset = offsetOf(root)
  for (const [step] of field.matchAll(/[^.[\]]+/g)) {
    const found: Step | undefined = node === undefined ? undefined : stepInto(node, step)
    if (found === undefined) break
    offset = found.offset
    node = found.node
  }
  return placeOf(offset)
}

interface Step {
  readonly offset: number
  readonly node: Node | undefined
}

function stepInto(node: Node, step: string): Step | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(step)] as Node | undefined
    return item === undefined ? undefined : { offset: offsetOf(item), node: item }
  }
  if (!isMap(node)) return undefined
  const pair = node.items.find(({ key }) => isScalar(key) && camelCase(String(key.value)) === camelCase(step))
  if (pair === undefined) return undefined
  const value = pair.value as Node | null
  return { offset: offsetOf(isScalar(value) ? value : (pair.key as Node)), node: value ?? undefined }
}

const camelCase = (name: string): string =>
  name.replaceAll(/_([A-Za-z0-9])/g, (_whole, letter: string) => letter.toUpperCase())
