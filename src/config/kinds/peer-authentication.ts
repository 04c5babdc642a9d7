/** security.istio.io PeerAuthentication: which mTLS a workload's ports take. */

import { enumeration, map, message, optional, type Value } from '../schema/fields.ts'
import { defineKind } from './kind.ts'
import { checkSelector, matchLabelsSelector } from './workload-selector.ts'

const mutualTls = message({ mode: optional(enumeration({ UNSET: 0, DISABLE: 1, PERMISSIVE: 2, STRICT: 3 })) })

const spec = message({
  selector: optional(matchLabelsSelector),
  mtls: optional(mutualTls),
  /** Keyed by the workload's port, not the service's. */
  portLevelMtls: optional(map(mutualTls, 'port')),
})

export type PeerAuthenticationSpec = Value<typeof spec>
export type MutualTlsMode = NonNullable<Value<typeof mutualTls>['mode']>

export const peerAuthentication = defineKind({
  name: 'PeerAuthentication',
  group: 'security.istio.io',
  versions: ['v1', 'v1beta1'],
  scope: 'namespaced',
  body: 'spec',
  spec,
  check({ spec }, report) {
    if (spec.selector !== undefined) checkSelector(spec.selector.matchLabels, 'spec.selector', report)
    if (spec.portLevelMtls !== undefined && Object.keys(spec.portLevelMtls).length === 0) {
      report.error('spec.portLevelMtls', 'is empty', 'name a port or remove it')
    }
    if (spec.portLevelMtls !== undefined && Object.keys(spec.selector?.matchLabels ?? {}).length === 0) {
      report.error(
        'spec.portLevelMtls',
        'ports are those of selected workloads, and nothing is selected',
        'add a selector with labels',
      )
    }
  },
})
