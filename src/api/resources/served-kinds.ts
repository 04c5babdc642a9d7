/** The kinds by the paths under which the API serves them. */

import { kinds } from '../../config/kinds/catalogue.ts'
import type { Kind } from '../../config/kinds/kind.ts'

export interface ServedKind {
  readonly kind: Kind
  /** `''` is the Kubernetes core group. */
  readonly group: string
  readonly version: string
  /** `GROUP/VERSION`, or `VERSION` in the core group. */
  readonly apiVersion: string
}

// The catalogue's own generality: the API treats every kind alike.
const all = Object.values(kinds) as unknown as readonly Kind[]

export const servedKinds: readonly ServedKind[] = all
  .flatMap(kind =>
    kind.versions.map(version => ({ kind, group: kind.group, version, apiVersion: apiVersionOf(kind.group, version) })),
  )
  .sort((a, b) =>
    a.apiVersion < b.apiVersion ? -1 : a.apiVersion > b.apiVersion ? 1 : a.kind.plural < b.kind.plural ? -1 : 1,
  )

export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`
}

const byPath = new Map(servedKinds.map(served => [`${served.apiVersion}/${served.kind.plural}`, served]))
const byName = new Map(servedKinds.map(served => [`${served.apiVersion}/${served.kind.name}`, served]))

export function servedAt(apiVersion: string, plural: string): ServedKind | undefined {
  return byPath.get(`${apiVersion}/${plural}`)
}

/** By what an object says of itself. */
export function servedAs(apiVersion: string, kindName: string): ServedKind | undefined {
  return byName.get(`${apiVersion}/${kindName}`)
}

/** The core group's first, then by name. */
export const groups: readonly string[] = [...new Set(servedKinds.map(({ group }) => group))].sort()

/** As the kind lists them: the preferred one first. */
export function versionsOf(group: string): readonly string[] {
  return [...new Set(all.filter(kind => kind.group === group).flatMap(({ versions }) => versions))]
}
