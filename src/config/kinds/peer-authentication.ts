/** security.istio.io PeerAuthentication: which mTLS a workload's ports take. */

import { enumeration, field, map, message, optional, type Value } from '../schema/fields.ts'
import { defineKind } from './kind.ts'
import { checkSelector, matchLabelsSelector } from './workload-selector.ts'

const mutualTls = message({
  mode: field(
    '`STRICT` takes mutual TLS only, `PERMISSIVE` also plaintext, `DISABLE` plaintext only; `UNSET` inherits.',
    optional(enumeration({ UNSET: 0, DISABLE: 1, PERMISSIVE: 2, STRICT: 3 })),
    { default: 'inherited: from the namespace, then the mesh, then `PERMISSIVE`' },
  ),
})

const spec = message(
  {
    selector: field(
      'The workloads that the policy is for, in its namespace or, in the root namespace, everywhere.',
      optional(matchLabelsSelector),
      { default: 'every workload of the namespace; in the root namespace every workload of the mesh' },
    ),
    mtls: field('What every port takes that `portLevelMtls` does not name.', optional(mutualTls)),
    portLevelMtls: field("By the workload's port, not the service's.", optional(map(mutualTls, 'port'))),
  },
  {
    rules: [
      {
        cel: '!has(self.portLevelMtls) || size(self.portLevelMtls) > 0',
        holds: ({ portLevelMtls }) => portLevelMtls === undefined || Object.keys(portLevelMtls).length > 0,
        at: 'portLevelMtls',
        reason: 'is empty',
        remedy: 'name a port or remove it',
      },
      {
        cel: '!has(self.portLevelMtls) || (has(self.selector) && has(self.selector.matchLabels) && size(self.selector.matchLabels) > 0)',
        holds: ({ portLevelMtls, selector }) =>
          portLevelMtls === undefined || Object.keys(selector?.matchLabels ?? {}).length > 0,
        at: 'portLevelMtls',
        reason: 'ports are those of selected workloads, and nothing is selected',
        remedy: 'add a selector with labels',
      },
    ],
  },
)

export type PeerAuthenticationSpec = Value<typeof spec>
export type MutualTlsMode = NonNullable<Value<typeof mutualTls>['mode']>

export const peerAuthentication = defineKind({
  name: 'PeerAuthentication',
  description: 'Which of mutual TLS and plaintext the ports of workloads take.',
  plural: 'peerauthentications',
  shortNames: ['pa'],
  columns: [{ name: 'Mode', path: '.spec.mtls.mode' }],
  group: 'security.istio.io',
  versions: ['v1', 'v1beta1'],
  scope: 'namespaced',
  body: 'spec',
  spec,
  check({ spec }, report) {
    if (spec.selector !== undefined) checkSelector(spec.selector.matchLabels, 'spec.selector', report)
  },
})
