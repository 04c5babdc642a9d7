/** What a policy hangs on by name: Services and ServiceEntries of its own namespace. */

import type { CollectionReader } from '../../graph/graph.ts'
import type { ObjectOf } from '../kinds/catalogue.ts'
import type { Finding } from './finding.ts'

interface Target {
  readonly group?: string
  readonly kind: string
  readonly name: string
}

export interface Targeting {
  readonly metadata: { readonly namespace: string }
  readonly spec: {
    /** The other way to choose; of some kinds the only one. */
    readonly selector?: object
    readonly targetRef?: Target
    readonly targetRefs?: readonly Target[]
  }
}

export interface TargetReads {
  readonly services: CollectionReader<ObjectOf<'Service'>>
  readonly serviceEntries: CollectionReader<ObjectOf<'ServiceEntry'>>
}

/** Of the kinds that are known here; those of the Gateway API are not. */
export function targetFindings({ metadata, spec }: Targeting, reads: TargetReads): readonly Finding[] {
  const named = [
    ...(spec.targetRef === undefined ? [] : [{ target: spec.targetRef, field: 'spec.targetRef' }]),
    ...(spec.targetRefs ?? []).map((target, index) => ({ target, field: `spec.targetRefs[${index}]` })),
  ]
  return named.flatMap(({ target, field }): readonly Finding[] => {
    const { kind, name } = target
    if (kind !== 'Service' && kind !== 'ServiceEntry') return []
    const key = `${metadata.namespace}/${name}`
    const found = kind === 'Service' ? reads.services.get(key) : reads.serviceEntries.get(key)
    if (found !== undefined) return []
    const reason = `there is no ${kind} ${key}`
    return [{ code: 'TARGET_NOT_FOUND', field: `${field}.name`, reason, remedy: 'correct the name' }]
  })
}
