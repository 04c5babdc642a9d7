/**
 * Server-side apply: a manager says what it wants, and owns exactly that. What it owned and does not say any more goes,
 * unless somebody else owns it, too; what somebody else owns with another value is a conflict.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */

import type { KindName } from '../../config/object.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { isObject, type JsonObject, jsonEquals } from '../json-value.ts'
import {
  type FieldPath,
  type FieldSet,
  fieldsChanged,
  fieldsOfObject,
  formatField,
  mergeApplied,
  valueAt,
  withoutFields,
} from './field-set.ts'
import { type Manager, managersOf, withManagers } from './managed-fields.ts'

export interface Change {
  readonly kind: KindName
  /** Undefined: there is none yet. */
  readonly live: JsonObject | undefined
  readonly manager: string
  readonly apiVersion: string
  /** RFC 3339. */
  readonly now: string
}

export interface FieldConflict {
  readonly manager: string
  /** As messages show it. */
  readonly field: string
}

/** Throws `FIELD_CONFLICT` (`conflictsOf` has them) unless forced, `REQUEST_INVALID`. */
export function serverSideApply(change: Change, applied: JsonObject, force: boolean): JsonObject {
  const { kind, live = {}, manager, apiVersion, now } = change
  const wanted = fieldsOfObject(kind, applied)
  const managers = managersOf(live)
  const isMine = ({ name, operation }: Manager): boolean => name === manager && operation === 'Apply'
  const mine = managers.find(isMine)
  const merged = mergeApplied(kind, live, withoutManagers(applied)) as JsonObject
  const conflicts: FieldConflict[] = []
  const others = managers
    .filter(other => !isMine(other))
    .map(other => {
      const lost = new Set([...other.fields].filter(field => wanted.has(field) && differs(kind, live, merged, field)))
      for (const field of lost) conflicts.push({ manager: other.name, field: formatField(field) })
      return lost.size === 0
        ? other
        : { ...other, fields: new Set([...other.fields].filter(field => !lost.has(field))) }
    })
  if (conflicts.length > 0 && !force) throw conflictError(conflicts)
  const abandoned = [...(mine?.fields ?? [])].filter(
    field => !wanted.has(field) && !others.some(({ fields }) => fields.has(field)),
  )
  // What is wanted empty went with what was in it.
  const result = mergeApplied(
    kind,
    withoutFields(kind, merged, new Set(abandoned)),
    withoutManagers(applied),
  ) as JsonObject
  const same = mine !== undefined && equalSets(mine.fields, wanted)
  const own: Manager = { name: manager, operation: 'Apply', apiVersion, time: same ? mine.time : now, fields: wanted }
  return withManagers(result, [...others, own].sort(bySeniority(managers)))
}

/** Any other write: who changes a field takes it over. `managers` of the new object count, when it brings its own. */
export function updateOwnership(change: Change, after: JsonObject): JsonObject {
  const { kind, live = {}, manager, apiVersion, now } = change
  const brought = isObject(after.metadata) && after.metadata.managedFields !== undefined
  const before = managersOf(brought ? after : live)
  const { changed, removed } = fieldsChanged(kind, live, after)
  if (changed.size === 0 && removed.size === 0) return withManagers(after, before)
  const isMine = ({ name, operation }: Manager): boolean => name === manager && operation === 'Update'
  const rest = before.map(owner => ({
    ...owner,
    fields: new Set([...owner.fields].filter(field => !removed.has(field) && (isMine(owner) || !changed.has(field)))),
  }))
  const mine = rest.find(isMine)
  if (changed.size === 0) return withManagers(after, rest)
  const own: Manager = {
    name: manager,
    operation: 'Update',
    apiVersion,
    time: now,
    fields: new Set([...(mine?.fields ?? []), ...changed]),
  }
  return withManagers(after, [...rest.filter(owner => !isMine(owner)), own])
}

/** Of an error that `serverSideApply` threw. */
export function conflictsOf(error: MeshwrightError): readonly FieldConflict[] {
  // Sound: only `conflictError` makes errors of that code.
  return error.code === 'FIELD_CONFLICT' ? (error.facts.conflicts as readonly FieldConflict[]) : []
}

function conflictError(conflicts: readonly FieldConflict[]): MeshwrightError {
  const listed = conflicts.map(({ manager, field }) => `${field} (of ${manager})`).join(', ')
  return new MeshwrightError('FIELD_CONFLICT', {
    message: `others own ${conflicts.length === 1 ? 'a field' : 'fields'} with another value: ${listed}`,
    remedy: 'Leave the fields out, give them the value that they have, or take them over with force=true.',
    facts: { conflicts },
  })
}

function differs(kind: KindName, live: JsonObject, merged: JsonObject, field: FieldPath): boolean {
  const [before, after] = [valueAt(kind, live, field), valueAt(kind, merged, field)]
  // An entry of a list is shared; its members are fields of their own.
  if (isObject(before) && isObject(after) && Object.keys(before).length > 0) return false
  return before !== undefined && !jsonEquals(before, after)
}

function withoutManagers(applied: JsonObject): JsonObject {
  if (!isObject(applied.metadata)) return applied
  const { managedFields: _, ...metadata } = applied.metadata
  return { ...applied, metadata }
}

const equalSets = (a: FieldSet, b: FieldSet): boolean => a.size === b.size && [...a].every(field => b.has(field))

/** Those that were there keep their order, so that an apply that changes nothing makes no new version. */
function bySeniority(before: readonly Manager[]): (a: Manager, b: Manager) => number {
  const place = ({ name, operation }: Manager): number => {
    const index = before.findIndex(known => known.name === name && known.operation === operation)
    return index < 0 ? before.length : index
  }
  return (a, b) => place(a) - place(b)
}
