/** All problems of a check as people and as programs read them. */

import { type Problem, placeOfProblem, textOfProblem } from './problem.ts'

export interface CheckedConfig {
  readonly files: number
  /** Those that were accepted. */
  readonly objects: number
  /** By place. */
  readonly problems: readonly Problem[]
}

/** A line a problem, then the summary. */
export function formatReport(checked: CheckedConfig): string {
  return [...checked.problems.map(problemLine), summaryOf(checked), ''].join('\n')
}

/** One JSON document; the problems' fields are those of `Problem`. */
export function reportJson({ files, objects, problems }: CheckedConfig, verdict: 'accepted' | 'refused'): string {
  const errors = count(problems, 'error')
  const warnings = count(problems, 'warning')
  return `${JSON.stringify({ verdict, files, objects, errors, warnings, problems }, undefined, 2)}\n`
}

/** `file:line:column: severity: Kind namespace/name: field: reason; remedy [CODE]`. */
function problemLine(problem: Problem): string {
  const code = problem.code === undefined ? '' : ` [${problem.code}]`
  return `${placeOfProblem(problem)}: ${problem.severity}: ${textOfProblem(problem)}${code}`
}

function summaryOf({ files, objects, problems }: CheckedConfig): string {
  const found = [number(count(problems, 'error'), 'error'), number(count(problems, 'warning'), 'warning')]
  return `${number(objects, 'object')} accepted, in ${number(files, 'file')}: ${found.join(', ')}`
}

const count = (problems: readonly Problem[], severity: Problem['severity']): number =>
  problems.filter(problem => problem.severity === severity).length

const number = (amount: number, thing: string): string => `${amount} ${thing}${amount === 1 ? '' : 's'}`
