/**
 * What holds for a service depending on the namespace of its client. Few namespaces have anything of their own, so that
 * one answer for everybody and the exceptions say it all.
 */

import { plainEqual } from '../graph/equality.ts'

export interface ByClient<T> {
  /** For clients of every namespace that is not among the exceptions. */
  readonly everybody: T | undefined
  /** By namespace; each differs from `everybody`. Sorted. */
  readonly exceptions: ReadonlyMap<string, T | undefined>
}

/** A namespace that nobody has: it sees only what is exported to all. */
export const anybody = '*'

/** `candidates`: every namespace whose answer may differ from that of `anybody`. */
export function byClient<T>(
  candidates: Iterable<string>,
  answer: (clientNamespace: string) => T | undefined,
): ByClient<T> {
  const everybody = answer(anybody)
  const exceptions = new Map<string, T | undefined>()
  for (const namespace of [...new Set(candidates)].sort()) {
    const own = answer(namespace)
    if (!plainEqual(own, everybody)) exceptions.set(namespace, own)
  }
  return Object.freeze({ everybody, exceptions })
}

export function forClient<T>(known: ByClient<T> | undefined, clientNamespace: string): T | undefined {
  if (known === undefined) return undefined
  return known.exceptions.has(clientNamespace) ? known.exceptions.get(clientNamespace) : known.everybody
}

/** What most services have. */
export const nothingForAnybody: ByClient<never> = Object.freeze({ everybody: undefined, exceptions: new Map() })
