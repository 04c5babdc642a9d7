/** What a transaction did, or would do, and what the daemon complains of, in lines. */

import type { AppliedView, EffectView, ProblemView } from '../../admin/configuration-view.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { answeredProblems } from '../management-client.ts'
import { printable } from '../table.ts'
import type { AuthoredObject } from './authored-object.ts'
import { sameObject, titleOf } from './configuration-client.ts'

export interface Placed {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly authored: AuthoredObject
}

export function formatApplied(applied: AppliedView, { dryRun }: { readonly dryRun: boolean }): string {
  const { results, revision, effect } = applied
  const lines = results.map(result => `${printable(titleOf(result))} ${result.outcome}${dryRun ? ' (dry run)' : ''}`)
  const changed = results.some(({ outcome }) => outcome !== 'unchanged')
  if (changed)
    lines.push(
      `${dryRun ? 'would be committed after' : 'committed as'} revision ${revision}${formatEffect(effect, dryRun)}`,
    )
  return lines.map(line => `${line}\n`).join('')
}

function formatEffect(effect: EffectView | null, dryRun: boolean): string {
  if (effect === null) return ''
  const { proxies, proxyNames, resources, bytes } = effect
  if (proxies === 0) return `; ${dryRun ? 'touches' : 'touched'} no connected proxy`
  const more = proxies > proxyNames.length ? ` and ${proxies - proxyNames.length} more` : ''
  const names = printable(proxyNames.join(', '))
  return `; ${dryRun ? 'touches' : 'touched'} ${count(proxies, 'proxy', 'proxies')} (${names}${more}): ${count(resources, 'resource', 'resources')}, ${formatBytes(bytes)}`
}

const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`

const formatBytes = (bytes: number): string => (bytes < 10_000 ? `${bytes} bytes` : `${Math.round(bytes / 1000)} kB`)

/** One line a problem, with the place in the file that it is about, where it came from one. */
export function formatProblems(problems: readonly ProblemView[], placed: readonly Placed[]): string {
  return problems.map(problem => `${printable(problemLine(problem, placed))}\n`).join('')
}

function problemLine(problem: ProblemView, placed: readonly Placed[]): string {
  const { severity, code, kind, namespace = '', name, field, reason, remedy } = problem
  const parts: string[] = []
  if (kind !== undefined && name !== undefined) {
    const id = { kind, namespace, name }
    const source = placed.find(candidate => sameObject(candidate, id))
    if (source !== undefined) {
      const { line, column } = source.authored.placeOf(field ?? '')
      parts.push(`${source.authored.file}:${line}:${column}`)
    }
    parts.push(titleOf(id))
  }
  if (field !== undefined && field !== '') parts.push(field)
  parts.push(remedy === undefined ? reason : `${reason}; ${remedy}`)
  const ending = code === undefined ? '' : ` [${code}]`
  return `${severity === 'warning' ? 'warning: ' : ''}${parts.join(': ')}${ending}`
}

/** The same refusal, with the places in the files that were given. */
export function withPlaces(error: MeshwrightError, placed: readonly Placed[]): MeshwrightError {
  const problems = answeredProblems(error).filter(({ severity }) => severity === 'error')
  if (problems.length === 0) return error
  return new MeshwrightError(error.code, {
    message: `nothing was changed:\n${formatProblems(problems, placed).trimEnd()}`,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    cause: error,
  })
}
