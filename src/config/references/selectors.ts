/** Policies and settings that select workloads by label: whether there is anything to select, and whether they are alone. */

import type { IndexReader } from '../../graph/graph.ts'
import { isEmptySelector, type Labels } from '../meaning/selector.ts'
import { bySeniority } from '../meaning/seniority.ts'
import { objectKey } from '../object.ts'
import type { Finding } from './finding.ts'
import { type MeshReader, meshOf } from './reference-sources.ts'
import { type JudgedWorkloads, selectsAny } from './workload-labels.ts'

export interface Selecting {
  readonly kind: string
  readonly metadata: {
    readonly namespace: string
    readonly name: string
    readonly creationTimestamp?: string
  }
}

export interface SelectorAt {
  readonly field: string
  /** Undefined or empty selects everything. */
  readonly labels: Labels | undefined
  /** `root reaches all`: in the root namespace it selects workloads of every namespace. */
  readonly reach: 'own namespace' | 'root reaches all' | 'everywhere'
}

export interface SelectorReads extends MeshReader, JudgedWorkloads {}

export function selectorFindings(
  { metadata }: Selecting,
  { field, labels = {}, reach }: SelectorAt,
  reads: SelectorReads,
): readonly Finding[] {
  if (isEmptySelector(labels) || reads.workloadsKnown.get('mesh') === undefined) return []
  const { rootNamespace } = meshOf(reads)
  const isEverywhere = reach === 'everywhere' || (reach === 'root reaches all' && metadata.namespace === rootNamespace)
  if (selectsAny(isEverywhere ? '' : metadata.namespace, labels, reads)) return []
  const where = isEverywhere ? 'the mesh' : `namespace ${metadata.namespace}`
  return [
    {
      code: 'SELECTS_NOTHING',
      field,
      reason: `no workload of ${where} has all of ${Object.entries(labels)
        .map(([label, value]) => `${label}=${value}`)
        .join(', ')}`,
      remedy: 'correct the labels, or remove what selects nothing',
    },
  ]
}

/** Of some kinds one object counts for a selector, the oldest: the others are told, and so is it. */
export function loneSelectorFindings<T extends Selecting>(
  object: T,
  { field, selector }: { readonly field: string; readonly selector: string },
  bySelector: IndexReader<T>,
): readonly Finding[] {
  const same = [...bySelector.lookup(selectorKey(object.metadata.namespace, selector))].sort(bySeniority)
  const others = same.filter(other => objectKey(other) !== objectKey(object))
  const first = same[0]
  if (first === undefined || others.length === 0) return []
  const winner = first === object ? 'this one, the oldest, counts' : `${objectKey(first)}, the oldest, counts`
  return [
    {
      code: 'SELECTOR_CONFLICT',
      field,
      reason: `${object.kind} ${others.map(objectKey).sort().join(', ')} is for the same workloads; ${winner}`,
      remedy: 'merge them into one',
    },
  ]
}

/** The term under which objects with one selector stand together. */
export const selectorKey = (namespace: string, selector: string): string => `${namespace}/${selector}`

export const selectorText = (labels: Labels | undefined): string => JSON.stringify(Object.entries(labels ?? {}).sort())
