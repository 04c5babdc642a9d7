/**
 * Strategic merge patch: a merge patch in which lists whose entries have an identity are merged entry by entry, with
 * directives for what a merge cannot say.
 * https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 * https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */

import { MeshwrightError } from '../../platform/errors.ts'
import { canonicalJson, isObject, type JsonObject, without } from '../json-value.ts'
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
    ? [...before, ...excluding(patch, before)]
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
      if (Array.isArray(list)) merged.set(deleted, excluding(list, gone))
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
  const merged: unknown[] = [...before]
  /** Where entries are, by their keys; the first of equal ones last. */
  const places = new Map<string, number[]>()
  for (const [index, known] of [...before.entries()].reverse()) {
    if (!isObject(known) || known[key] === undefined) continue
    const name = canonicalJson(known[key])
    const equal = places.get(name)
    if (equal === undefined) places.set(name, [index])
    else equal.push(index)
  }
  const gone = new Set<number>()
  for (const entry of patch) {
    if (!isObject(entry) || entry[key] === undefined) throw invalid(place, `an entry has no ${key}`)
    const name = canonicalJson(entry[key])
    const equal = places.get(name) ?? []
    const index = equal.at(-1)
    if (entry.$patch === 'delete') {
      if (index !== undefined) gone.add(index)
      equal.pop()
    } else if (index !== undefined) merged[index] = mergeValue(merged[index], entry, place)
    else places.set(name, [merged.push(mergeValue({}, entry, place)) - 1])
  }
  return merged.filter((_entry, index) => !gone.has(index))
}

/** Equal values are one. */
function excluding(list: readonly unknown[], others: readonly unknown[]): readonly unknown[] {
  const known = new Set(others.map(canonicalJson))
  return list.filter(item => !known.has(canonicalJson(item)))
}

/** Those of the order come in it; what it does not name keeps its place relative to its neighbours before it. */
function inOrder(list: readonly unknown[], order: readonly unknown[], key: string | undefined): readonly unknown[] {
  const identity = (item: unknown): string =>
    canonicalJson((key !== undefined && isObject(item) ? item[key] : item) ?? null)
  const places = new Map([...order.entries()].reverse().map(([place, wanted]) => [identity(wanted), place]))
  const placed = list.map(item => ({ item, place: places.get(identity(item)) }))
  const named = placed.filter(({ place }) => place !== undefined).sort((a, b) => (a.place ?? 0) - (b.place ?? 0))
  let next = 0
  return placed.map(({ item, place }) => (place === undefined ? item : named[next++]?.item))
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
