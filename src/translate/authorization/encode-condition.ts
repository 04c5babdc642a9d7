/** Conditions as `envoy.config.rbac.v3.Principal` and `Permission`, which have the same tree under different names. */

import type { Plain } from '../envoy-messages.ts'
import { any } from '../envoy-messages.ts'
import { wrapped } from '../well-known.ts'
import type { Condition } from './condition.ts'
import { stringMatcher, type TextMatcher } from './text-matcher.ts'

/** Throws when the condition asks something of the operation that RBAC cannot ask on this side. */
export function principalOf(condition: Condition): Plain {
  switch (condition.kind) {
    case 'any':
      return { any: true }
    case 'and':
      return { andIds: { ids: condition.of.map(principalOf) } }
    case 'or':
      return { orIds: { ids: condition.of.map(principalOf) } }
    case 'not':
      return { notId: principalOf(condition.of) }
    case 'peer':
      return { authenticated: { principalName: stringMatcher(condition.text) } }
    case 'direct-ip':
      return { directRemoteIp: range(condition) }
    case 'remote-ip':
      return { remoteIp: range(condition) }
    case 'header':
      return { header: header(condition) }
    case 'metadata':
      return { sourcedMetadata: { metadataMatcher: metadata(condition) } }
    default:
      throw new Error(`rbac: ${condition.kind} is no condition of a principal`)
  }
}

/** Throws when the condition asks something of the source. */
export function permissionOf(condition: Condition): Plain {
  switch (condition.kind) {
    case 'any':
      return { any: true }
    case 'and':
      return { andRules: { rules: condition.of.map(permissionOf) } }
    case 'or':
      return { orRules: { rules: condition.of.map(permissionOf) } }
    case 'not':
      return { notRule: permissionOf(condition.of) }
    case 'header':
      return { header: header(condition) }
    case 'path':
      return { urlPath: { path: stringMatcher(condition.text) } }
    case 'path-template':
      return {
        uriTemplate: {
          name: 'envoy.path.match.uri_template.uri_template_matcher',
          typedConfig: any('envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig', {
            pathTemplate: condition.template,
          }),
        },
      }
    case 'destination-ip':
      return { destinationIp: range(condition) }
    case 'destination-port':
      return { destinationPort: condition.port }
    case 'server-name':
      return { requestedServerName: stringMatcher(condition.text) }
    case 'metadata':
      return { sourcedMetadata: { metadataMatcher: metadata(condition) } }
    default:
      throw new Error(`rbac: ${condition.kind} is no condition of a permission`)
  }
}

const range = ({ address, prefixLength }: { readonly address: string; readonly prefixLength: number }): Plain => ({
  addressPrefix: address,
  prefixLen: wrapped(prefixLength),
})

const header = ({ name, text }: { readonly name: string; readonly text: TextMatcher }): Plain =>
  text.kind === 'present' ? { name, presentMatch: true } : { name, stringMatch: stringMatcher(text) }

function metadata({
  filter,
  path,
  text,
  list,
}: {
  readonly filter: string
  readonly path: readonly string[]
  readonly text: TextMatcher
  readonly list: boolean
}): Plain {
  const value = { stringMatch: stringMatcher(text) }
  return {
    filter,
    path: path.map(key => ({ key })),
    value: list ? { listMatch: { oneOf: value } } : value,
  }
}
