/** One object that comes as JSON, from the store or a request: read by the rules that hold for files. */

import type { AnyObject } from './kinds/catalogue.ts'
import type { Origin } from './object.ts'
import { nodeFromJson } from './plain-json.ts'
import type { Problem } from './problem.ts'
import { type ReadObject, readConfigObject } from './read-object.ts'
import { deepestNesting, largestObjectChars } from './yaml-documents.ts'

/** `place` names the text in complaints: `request`, `store`, a file. */
export function readJsonObject(value: unknown, place: string, origin: Origin): ReadObject {
  const refused = (reason: string, remedy?: string): ReadObject => {
    const problem: Problem = { severity: 'error', file: place, line: 0, column: 0, reason }
    return { kind: 'refused', identity: undefined, problems: [remedy === undefined ? problem : { ...problem, remedy }] }
  }
  const node = nodeFromJson(value)
  if (node === undefined) return refused(`is nested deeper than ${deepestNesting} levels`)
  const sizeChars = JSON.stringify(value)?.length ?? 0
  if (sizeChars > largestObjectChars) return refused(`is ${sizeChars} characters long, more than 1 MiB`, 'split it')
  return readConfigObject(node, { file: place, origin, placeOf: () => nowhere })
}

/** The object as one of the store's: its age is what the store says, since age decides between objects that contend. */
export function storeObject(object: AnyObject, revision: number, createdAtMs: number): AnyObject {
  const creationTimestamp = new Date(createdAtMs).toISOString()
  return Object.freeze({
    ...object,
    metadata: Object.freeze({ ...object.metadata, creationTimestamp }),
    origin: Object.freeze({ source: 'store', revision } as const),
  })
}

const nowhere = Object.freeze({ line: 0, column: 0 })
