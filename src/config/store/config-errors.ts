/** The refusals of the door and the store, each made in one place so that all say the same facts. */

import type { ErrorCode } from '../../platform/error-codes.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { formatProblem, type Problem } from '../problem.ts'
import type { ObjectId } from './config-store.ts'
import { idOf } from './object-id.ts'

/** `Kind namespace/name`, or `Kind name`. */
export const namedObject = ({ kind, namespace, name }: ObjectId): string =>
  namespace === '' ? `${kind} ${name}` : `${kind} ${namespace}/${name}`

/** The errors among the problems refuse, the warnings go with them. */
export function configInvalid(problems: readonly Problem[]): MeshwrightError {
  return refusal('CONFIG_INVALID', problems)
}

export function hostNotOwned(problems: readonly Problem[]): MeshwrightError {
  return refusal('HOST_NOT_OWNED', problems)
}

/** What a refusal found, by place; empty for errors that are no refusals of configuration. */
export function problemsOf(error: MeshwrightError): readonly Problem[] {
  // Sound: who makes errors of these codes puts `problems` among their facts, or nothing.
  return withProblems.has(error.code) ? ((error.facts.problems as readonly Problem[] | undefined) ?? []) : []
}

const withProblems: ReadonlySet<ErrorCode> = new Set([
  'CONFIG_INVALID',
  'HOST_NOT_OWNED',
  'MESH_CONFIG_INVALID',
  'MESH_NETWORKS_INVALID',
])

function refusal(code: 'CONFIG_INVALID' | 'HOST_NOT_OWNED', problems: readonly Problem[]): MeshwrightError {
  const errors = problems.filter(({ severity }) => severity === 'error')
  return new MeshwrightError(code, { message: errors.map(formatProblem).join('\n'), facts: { problems } })
}

export function revisionConflict(
  id: ObjectId,
  revisions: { readonly expected: number; readonly actual: number },
): MeshwrightError {
  const { expected, actual } = revisions
  const reason =
    expected === 0
      ? `exists already, at revision ${actual}`
      : actual === 0
        ? `does not exist, and revision ${expected} was expected`
        : `is at revision ${actual}, and ${expected} was expected`
  return new MeshwrightError('REVISION_CONFLICT', {
    message: `${namedObject(id)} ${reason}`,
    remedy: 'Read it again, make the change on what is there, and send it with its revision.',
    facts: { ...idOf(id), expected, actual },
  })
}

export function objectReadOnly(id: ObjectId, place: string): MeshwrightError {
  return new MeshwrightError('OBJECT_READ_ONLY', {
    message: `${namedObject(id)} comes from ${place} and can be changed only there`,
    remedy: 'Edit that file, or remove the object from it and apply it again.',
    facts: { ...idOf(id), place },
  })
}

export interface QuotaFigures {
  readonly namespace: string
  readonly quota: 'objects' | 'routes' | 'bytes'
  readonly limit: number
  readonly used: number
  /** What there would be. */
  readonly asked: number
}

export function quotaExceeded(figures: QuotaFigures): MeshwrightError {
  const { namespace, quota, limit, used, asked } = figures
  return new MeshwrightError('QUOTA_EXCEEDED', {
    message: `namespace ${namespace} may have ${limit} ${quota}, has ${used}, and would have ${asked}`,
    remedy: 'Remove what is not needed, or let the administrator of the daemon raise the quota.',
    facts: { ...figures },
  })
}

export function revisionCompacted(revision: number, oldest: number): MeshwrightError {
  return new MeshwrightError('REVISION_COMPACTED', {
    message: `what changed since revision ${revision} is not known any more; the oldest revision known is ${oldest}`,
    remedy: 'List the objects again and watch from the revision of that list.',
    facts: { revision, oldest },
  })
}

export function revisionUnknown(revision: number, newest: number): MeshwrightError {
  return new MeshwrightError('REVISION_UNKNOWN', {
    message: `there is no revision ${revision}; the newest is ${newest}`,
    remedy: 'Use a revision that this daemon has answered.',
    facts: { revision, newest },
  })
}
