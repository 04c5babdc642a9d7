/** What is wrong with a piece of configuration, and where: the one form in which every reader of configuration complains. */

import type { Origin } from './object.ts'
import type { ReferenceCode } from './references/reference-code.ts'

export interface Problem {
  readonly severity: 'error' | 'warning'
  /** Of checks across objects, which kind of fault it is. */
  readonly code?: ReferenceCode
  /** Or what else the text came from: `request`, `store`. */
  readonly file: string
  /** 1-based; 0 where the text has no lines, as an object sent as JSON. */
  readonly line: number
  /** 1-based, in UTF-16 code units. */
  readonly column: number
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
  /** Path as the user writes it, for example `spec.ports[1].number`. */
  readonly field?: string
  readonly reason: string
  /** What to do; no final full stop. */
  readonly remedy?: string
}

/** `file:line:column: Kind namespace/name: field: reason; remedy`, on one line whatever the parts hold; without line 0. */
export function formatProblem(problem: Problem): string {
  return `${placeOfProblem(problem)}: ${textOfProblem(problem)}`
}

/** `file:line:column`, or what else it came from where there are no lines. */
export function placeOfProblem({ file, line, column }: Problem): string {
  return printable(line === 0 ? file : `${file}:${line}:${column}`)
}

/** `Kind namespace/name: field: reason; remedy`. */
export function textOfProblem(problem: Problem): string {
  const { field, reason, remedy } = problem
  const subject = subjectOf(problem)
  const parts = [subject, field ?? '', remedy === undefined ? reason : `${reason}; ${remedy}`]
  return printable(parts.filter(part => part !== '').join(': '))
}

/** Where an object stands, as a problem names it. */
export function placeOfOrigin(origin: Origin): Pick<Problem, 'file' | 'line' | 'column'> {
  if (origin.source === 'store') return { file: 'store', line: 0, column: 0 }
  const { file, line, column } = origin
  return { file, line, column }
}

/** The order in which problems are shown. */
export function byPlace(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || a.column - b.column || (a.reason < b.reason ? -1 : a.reason === b.reason ? 0 : 1)
}

/** Control characters as escapes, so that no input can forge a log line or a terminal sequence. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

// C0, DEL, C1, the line separators, and the characters that reorder text.
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

function subjectOf({ kind, namespace, name }: Problem): string {
  const key = name === undefined ? '' : namespace === undefined || namespace === '' ? name : `${namespace}/${name}`
  return [kind ?? '', key].filter(part => part !== '').join(' ')
}
