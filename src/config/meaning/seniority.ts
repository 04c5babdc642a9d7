/** Which of two objects came first: where objects contend, the oldest wins, so that a newcomer cannot take over. */

import type { Metadata } from '../object.ts'

type Aged = { readonly metadata: Pick<Metadata, 'creationTimestamp' | 'namespace' | 'name'> }

/** Sorts the oldest first; without a creation time first of all; then by namespace and name. */
export function bySeniority(a: Aged, b: Aged): number {
  return (
    byText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
    byText(a.metadata.namespace, b.metadata.namespace) ||
    byText(a.metadata.name, b.metadata.name)
  )
}

/** By code unit: the order of `sort()` without an argument, whatever the locale. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
