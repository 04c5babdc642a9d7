/**
 * The YAML layer: text to documents with a place for every node. What people and tools write is read in one pass
 * (`yaml/simple-yaml.ts`); what that does not know, all that is refused among it, goes to the library (`yaml/library-yaml.ts`).
 */

import type { Problem } from './problem.ts'
import type { TreeNode } from './tree.ts'
import { readLibraryYaml } from './yaml/library-yaml.ts'
import { readSimpleYaml } from './yaml/simple-yaml.ts'

export { deepestNesting } from './yaml/library-yaml.ts'
export const largestFileBytes = 64 * 1024 * 1024
export const largestObjectChars = 1024 * 1024
/** Texts, numbers, lists and mappings of an object, keys not counted: what it costs to check. */
export const mostValues = 25_000
/** Of an object in a file that the library has to read, which takes some microseconds for each. */
export const mostLexemes = 4_000

export interface Place {
  readonly line: number
  readonly column: number
}

export interface YamlText {
  readonly file: string
  /** Roots of the documents that hold something. Empty when there are errors. */
  readonly roots: readonly TreeNode[]
  readonly problems: readonly Problem[]
  /** 1-based place of an offset in the text. */
  placeOf(offset: number): Place
  /** How many lexemes of YAML are between two offsets, where the library had to be asked: it takes some microseconds for each. */
  lexemesIn(offset: number, end: number): number
}

/** Total: whatever the text is, the answer is roots or problems. */
export function readYaml(text: string, file: string): YamlText {
  const placeOf = places(text)
  const answer = (roots: readonly TreeNode[], lexemes: readonly number[] = []): YamlText => ({
    file,
    roots,
    problems: [],
    placeOf,
    lexemesIn: (offset, end) => firstAtLeast(lexemes, end) - firstAtLeast(lexemes, offset),
  })
  const refuse = (offset: number, reason: string, remedy?: string): Problem => ({
    severity: 'error',
    file,
    ...placeOf(offset),
    reason,
    ...(remedy === undefined ? {} : { remedy }),
  })
  if (text.length > largestFileBytes)
    return { ...answer([]), problems: [refuse(0, 'the file is larger than 64 MiB', 'split it')] }
  // In JSON a tab can only stand between tokens; YAML's rules for tabs are others. Offsets stay as they are.
  const source = file.endsWith('.json') ? text.replaceAll('\t', ' ') : text
  const simple = readSimpleYaml(source)
  if (simple !== undefined) return answer(simple)
  try {
    const { roots, faults, lexemes } = readLibraryYaml(source)
    if (faults.length === 0) return answer(roots, lexemes)
    return { ...answer([]), problems: faults.map(({ offset, reason, remedy }) => refuse(offset, reason, remedy)) }
  } catch (error) {
    // The parser is not ours: what it throws is a fault of the text, never the end of the daemon.
    const message = error instanceof Error ? error.message : String(error)
    return { ...answer([]), problems: [refuse(0, `cannot be read as YAML: ${message}`)] }
  }
}

/** Lines are looked for when the first place is asked for. */
function places(text: string): (offset: number) => Place {
  let starts: readonly number[] | undefined
  return offset => {
    starts ??= lineStarts(text)
    const line = firstAtLeast(starts, offset + 1)
    return { line, column: offset - (starts[line - 1] ?? 0) + 1 }
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1)
  return starts
}

/** Of ascending numbers, the index of the first that is not below. */
function firstAtLeast(numbers: readonly number[], bound: number): number {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((numbers[middle] ?? 0) < bound) low = middle + 1
    else high = middle
  }
  return low
}
