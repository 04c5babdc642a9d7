/**
 * Strategic merge patch: a merge patch in which lists whose entries have an identity are merged entry by entry, with
 * directives for what a merge cannot say.
 * https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 * https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */

import { MeshwrightError } from '../../platform/errors.ts'
import { isObject, type JsonObject, jsonEquals, without } from '../json-value.ts'
import type { ListIdentity } from '../list-keys.ts'

export type IdentityOfList = (path: string) => ListIdentity | undefined

/** Throws `REQUEST_INVALID` for directives that make no sense. */
export function strategicMergePatch(target: unknown, patch: unknown, identityOf: IdentityOfList): unknown {
  return mergeValue(target, patch, { path: '', identityOf })
}

interface Place {
  readonly path: string
  readonly identityOf: IdentityOfList
}

const below = ({ path, identityOf }: Place, name: string): Place => ({
  path: path === '' ? name : `${path}.${name}`,
  identityOf,
})

function mergeValue(target: unknown, patch: unknown, place: Place): unknown {
  if (isObject(patch)) return mergeObject(isObject(target) ? target : {}, patch, place)
  if (!Array.isArray(patch)) return patch
  const identity = place.identityOf(place.path)
  if (identity === undefined) return patch.map(item => stripped(item))
  const before = Array.isArray(target) ? target : []
  return identity.mergeKey === undefined
    ? [...before, ...patch.filter(item => !before.some(known => jsonEquals(known, item)))]
    : mergeEntries(before, patch, { ...place, key: identity.mergeKey })
}

function mergeObject(target: JsonObject, patch: JsonObject, place: Place): JsonObject {
  const directive = patch.$patch
  if (directive === 'replace') return stripped(without(patch, '$patch')) as JsonObject
  if (directive === 'delete') return {}
  if (directive !== undefined && directive !== 'merge') throw invalid(place, `$patch is ${JSON.stringify(directive)}`)
  const merged = new Map(Object.entries(target))
  for (const [name, value] of Object.entries(patch)) {
    if (name === '$patch' || name === '$retainKeys') continue
    const deleted = /^\$deleteFromPrimitiveList\/(.+)$/.exec(name)?.[1]
    const ordered = /^\$setElementOrder\/(.+)$/.exec(name)?.[1]
    if (deleted !== undefined) {
      const list = merged.get(deleted)
      const gone = listOf(value, below(place, name))
      if (Array.isArray(list))
        merged.set(
          deleted,
          list.filter(item => !gone.some(entry => jsonEquals(entry, item))),
        )
    } else if (ordered === undefined) {
      if (value === null) merged.delete(name)
      else merged.set(name, mergeValue(merged.get(name), value, below(place, name)))
    }
  }
  for (const [name, value] of Object.entries(patch)) {
    const ordered = /^\$setElementOrder\/(.+)$/.exec(name)?.[1]
    const list = ordered === undefined ? undefined : merged.get(ordered)
    if (ordered !== undefined && Array.isArray(list)) {
      const key = place.identityOf(below(place, ordered).path)?.mergeKey
      merged.set(ordered, inOrder(list, listOf(value, below(place, name)), key))
    }
  }
  const retained = patch.$retainKeys
  if (retained !== undefined) {
    const kept = new Set(listOf(retained, below(place, '$retainKeys')))
    for (const name of [...merged.keys()]) if (!kept.has(name)) merged.delete(name)
  }
  return Object.fromEntries(merged)
}

function mergeEntries(
  before: readonly unknown[],
  patch: readonly unknown[],
  place: Place & { key: string },
): unknown[] {
  const { key } = place
  if (patch.some(entry => isObject(entry) && entry.$patch === 'replace' && entry[key] === undefined)) {
    return patch.filter(entry => isObject(entry) && entry.$patch === undefined).map(entry => stripped(entry))
  }
  const merged = [...before]
  for (const entry of patch) {
    if (!isObject(entry) || entry[key] === undefined) throw invalid(place, `an entry has no ${key}`)
    const index = merged.findIndex(known => isObject(known) && jsonEquals(known[key], entry[key]))
    if (entry.$patch === 'delete') {
      if (index >= 0) merged.splice(index, 1)
    } else if (index >= 0) merged[index] = mergeValue(merged[index], entry, place)
    else merged.push(mergeValue({}, entry, place))
  }
  return merged
}

/** Those of the order come in it; what it does not name keeps its place relative to its neighbours before it. */
function inOrder(list: readonly unknown[], order: readonly unknown[], key: string | undefined): readonly unknown[] {
  const identity = (item: unknown): unknown => (key !== undefined && isObject(item) ? item[key] : item)
  const position = (item: unknown): number =>
    order.findIndex(wanted => jsonEquals(key !== undefined && isObject(wanted) ? wanted[key] : wanted, identity(item)))
  const named = list.filter(item => position(item) >= 0).sort((a, b) => position(a) - position(b))
  let next = 0
  return list.map(item => (position(item) >= 0 ? named[next++] : item))
}

/** Of a value that is new, the directives say nothing. */
function stripped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripped)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([name, member]) =>
          !/^\$(?:patch|retainKeys|setElementOrder\/|deleteFromPrimitiveList\/)/.test(name) && member !== null,
      )
      .map(([name, member]) => [name, stripped(member)]),
  )
}

function listOf(value: unknown, place: Place): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw invalid(place, 'must be a list')
}

function invalid({ path }: Place, reason: string): MeshwrightError {
  return new MeshwrightError('REQUEST_INVALID', { message: `the patch: ${path === '' ? '' : `${path}: `}${reason}` })
}
