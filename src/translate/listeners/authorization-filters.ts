/**
 * Where authorization stands in a filter chain: one filter for each stage, always there, so that neither a changed nor
 * a first policy touches the listener. Names say what they apply to and nothing of the policies. Without a default
 * configuration Envoy serves nothing until it has them.
 */

import { encodeRbac, rbacTypes } from '../authorization/encode-rbac.ts'
import type { Layer } from '../authorization/policy-context.ts'
import { type RbacFilter, type Stage, stages } from '../authorization/rbac.ts'
import { type Plain, typeUrlPrefix } from '../envoy-messages.ts'
import { durationFromMs } from '../well-known.ts'

/** How the filters get their policies. */
export type AuthorizationIr =
  | { readonly kind: 'discovered' }
  | { readonly kind: 'inline'; readonly http: readonly RbacFilter[]; readonly tcp: readonly RbacFilter[] }

/** The name of the filter, and of the resource with its configuration. */
export const authorizationFilterName = (layer: Layer, stage: Stage): string => `authorization-${layer}-${stage}`

/** HTTP or network filters; the two kinds have the same fields. */
export function authorizationFilters(authorization: AuthorizationIr, layer: Layer): readonly Plain[] {
  if (authorization.kind === 'inline') {
    return authorization[layer].map(filter => ({
      name: authorizationFilterName(layer, filter.stage),
      typedConfig: encodeRbac(filter),
    }))
  }
  return stages.map(stage => ({
    name: authorizationFilterName(layer, stage),
    configDiscovery: {
      configSource: { ads: {}, initialFetchTimeout: durationFromMs(0), resourceApiVersion: 'V3' },
      typeUrls: [typeUrlPrefix + rbacTypes[layer]],
    },
  }))
}
