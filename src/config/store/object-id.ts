/** Identities of objects as text, and their order. */

import type { ObjectId } from './config-store.ts'

/** `Kind/namespace/name`, unique over all objects. */
export type IdText = string

export const idText = ({ kind, namespace, name }: ObjectId): IdText => `${kind}/${namespace}/${name}`

/** By kind, namespace, name, by code units as SQLite orders text. */
export function byId(a: ObjectId, b: ObjectId): number {
  return compare(a.kind, b.kind) || compare(a.namespace, b.namespace) || compare(a.name, b.name)
}

export const idOf = ({ kind, namespace, name }: ObjectId): ObjectId => ({ kind, namespace, name })

const compare = (a: string, b: string): number => (a < b ? -1 : a === b ? 0 : 1)
