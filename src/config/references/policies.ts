/** What policies and settings of workloads take for granted: something to select or to hang on, and of some kinds that they are alone. */

import type { IndexReader } from '../../graph/graph.ts'
import { type CredentialReads, credentialFindings, pullSecret } from './credentials.ts'
import type { Finding } from './finding.ts'
import {
  loneSelectorFindings,
  type Selecting,
  type SelectorReads,
  selectorFindings,
  selectorKey,
  selectorText,
} from './selectors.ts'
import { type Targeting, type TargetReads, targetFindings } from './targets.ts'

export interface SelectingPolicy extends Selecting, Targeting {
  readonly metadata: Selecting['metadata']
  readonly spec: Targeting['spec'] & {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
  }
}

export function policyFindings(object: SelectingPolicy, reads: SelectorReads & TargetReads): readonly Finding[] {
  const labels = object.spec.selector?.matchLabels
  return [
    ...selectorFindings(object, { field: 'spec.selector.matchLabels', labels, reach: 'root reaches all' }, reads),
    ...targetFindings(object, reads),
  ]
}

/** The term under which policies of one selector stand together; one that hangs on something has none. */
export function loneTerms({ metadata, spec }: SelectingPolicy): readonly string[] {
  if (spec.targetRef !== undefined || (spec.targetRefs ?? []).length > 0) return []
  return [selectorKey(metadata.namespace, selectorText(spec.selector?.matchLabels))]
}

/** Of these kinds the oldest counts for a selector. */
export function lonePolicyFindings<T extends SelectingPolicy>(
  object: T,
  bySelector: IndexReader<T>,
): readonly Finding[] {
  if (loneTerms(object).length === 0) return []
  const labels = object.spec.selector?.matchLabels
  const field = labels === undefined ? 'spec' : 'spec.selector'
  return loneSelectorFindings(object, { field, selector: selectorText(labels) }, bySelector)
}

/** The Secret with which the registry of a module is asked. */
export function moduleCredentials(
  { metadata }: SelectingPolicy,
  { module, field }: { readonly module: { readonly imagePullSecret?: string } | undefined; readonly field: string },
  reads: CredentialReads,
): readonly Finding[] {
  const { imagePullSecret = '' } = module ?? {}
  if (imagePullSecret === '') return []
  const question = { written: imagePullSecret, field: `${field}.imagePullSecret`, needs: pullSecret }
  return credentialFindings({ ...question, namespaces: [metadata.namespace] }, reads)
}
