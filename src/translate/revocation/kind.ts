/** The filters' configuration: one resource a layer for the whole mesh, without rules as long as nothing is revoked. */

import { any, encodeMessage, type Plain } from '../envoy-messages.ts'
import type { ResourceKind } from '../resource-kind.ts'
import { extensionConfigType } from '../type-urls.ts'
import { rbacOf, revocationFilterName } from './revocation-filters.ts'
import { peerIsOneOf } from './revoked-condition.ts'

export interface RevocationIr {
  readonly kind: 'revocation'
  readonly layer: 'http' | 'tcp'
  readonly digests: readonly string[]
  readonly identities: readonly string[]
}

export const revocationKind: ResourceKind<'mesh', RevocationIr['layer'], RevocationIr> = {
  name: 'revocation',
  typeUrl: extensionConfigType,
  facetOf: () => 'mesh',
  keyOf: () => 'mesh',
  list: () => (['http', 'tcp'] as const).map(layer => [revocationFilterName(layer), layer] as const),
  resolve(_facet, _name, layer, facts) {
    const { digests, identities } = facts.revokedPeers.get('mesh') ?? { digests: [], identities: [] }
    return { kind: 'revocation', layer, digests, identities }
  },
  encode: ir =>
    encodeMessage('envoy.config.core.v3.TypedExtensionConfig', {
      name: revocationFilterName(ir.layer),
      typedConfig: any(rbacOf[ir.layer], {
        ...rules(ir),
        ...(ir.layer === 'tcp' ? { statPrefix: 'revocation.' } : { rulesStatPrefix: 'revocation_' }),
      }),
    }),
}

function rules({ digests, identities }: RevocationIr): Plain {
  const permissions = [{ any: true }]
  const policies = {
    ...(digests.length === 0
      ? {}
      : { 'revoked-certificate': { permissions, principals: [{ any: true }], condition: peerIsOneOf(digests) } }),
    ...(identities.length === 0
      ? {}
      : {
          'banned-identity': {
            permissions,
            principals: identities.map(identity => ({ authenticated: { principalName: { exact: identity } } })),
          },
        }),
  }
  return Object.keys(policies).length === 0 ? {} : { rules: { action: 'DENY', policies } }
}
