/** Selecting workloads by labels: items are indexed by each `NAMESPACE/LABEL=VALUE` pair, and a selector looks up its rarest pair. */

import type { IndexReader, Key } from '../../graph/graph.ts'

export type Labels = Readonly<Record<string, string>>

/** An absent or empty selector selects everything. */
export function selects(selector: Labels | undefined, labels: Labels): boolean {
  if (selector === undefined) return true
  for (const label in selector) if (labels[label] !== selector[label]) return false
  return true
}

export function isEmptySelector(selector: Labels | undefined): boolean {
  if (selector === undefined) return true
  for (const _label in selector) return false
  return true
}

/** The index terms of something with labels. */
export function labelTerms(namespace: string, labels: Labels): readonly Key[] {
  const terms: Key[] = []
  for (const label in labels) terms.push(pairTerm(namespace, label, labels[label] ?? ''))
  return terms
}

/**
 * The one index term of a selector, by which those that it selects find it: of its pairs the first in order. Undefined
 * when it is empty.
 */
export function selectorTerm(namespace: string, selector: Labels | undefined): Key | undefined {
  const first = Object.keys(selector ?? {}).sort()[0]
  return first === undefined ? undefined : pairTerm(namespace, first, selector?.[first] ?? '')
}

/** Those of a namespace that a non-empty selector selects; an empty one finds nothing. Cost: the items that have its rarest pair. */
export function lookupSelected<T extends { readonly labels: Labels }>(
  index: IndexReader<T>,
  namespace: string,
  selector: Labels,
): readonly T[] {
  let rarest: Key | undefined
  let least = Number.POSITIVE_INFINITY
  for (const term of labelTerms(namespace, selector)) {
    const size = index.size(term)
    if (size >= least) continue
    rarest = term
    least = size
  }
  return rarest === undefined ? [] : index.lookup(rarest).filter(item => selects(selector, item.labels))
}

function pairTerm(namespace: string, label: string, value: string): Key {
  return `${namespace}/${label}=${value}`
}
