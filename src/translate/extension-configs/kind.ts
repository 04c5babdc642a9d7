/**
 * Authorization filters as resources of their own, so that a changed policy pushes no listener and acts on requests of
 * connections that are already open. Their names never change; without policies they are there and empty.
 */

import { policiesFor } from '../../discovery/authorization-policy.ts'
import { meshOf } from '../../discovery/sources.ts'
import { encodeRbac } from '../authorization/encode-rbac.ts'
import { federationOf, rbacFilter } from '../authorization/policies-in-force.ts'
import { type RbacFilter, type Stage, stages } from '../authorization/rbac.ts'
import { encodeMessage } from '../envoy-messages.ts'
import { authorizationFilterName } from '../listeners/authorization-filters.ts'
import type { ResourceKind } from '../resource-kind.ts'
import { extensionConfigType } from '../type-urls.ts'

/** What of a proxy decides which policies are in force for it. */
export interface PolicySubject {
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
}

export interface FilterSeed {
  readonly layer: 'http' | 'tcp'
  readonly stage: Stage
}

export const extensionConfigsKind: ResourceKind<PolicySubject, FilterSeed, RbacFilter> = {
  name: 'extension-configs',
  typeUrl: extensionConfigType,
  facetOf: ({ namespace, labels }) => ({ namespace, labels }),
  keyOf: ({ namespace, labels }) =>
    JSON.stringify([namespace, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))]),
  *list(_subject, facts) {
    if (meshOf(facts).meshwright.policyDelivery === 'INLINE') return
    for (const layer of ['http', 'tcp'] as const) {
      for (const stage of stages) yield [authorizationFilterName(layer, stage), { layer, stage }]
    }
  },
  resolve: (subject, _name, { layer, stage }, facts) =>
    rbacFilter(policiesFor(facts, subject), stage, layer, { mesh: meshOf(facts), federation: federationOf(facts) }),
  encode: filter =>
    encodeMessage('envoy.config.core.v3.TypedExtensionConfig', {
      name: authorizationFilterName(filter.layer, filter.stage),
      typedConfig: encodeRbac(filter),
    }),
}
