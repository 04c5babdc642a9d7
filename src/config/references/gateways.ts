/** The gateways that a VirtualService binds to: that they are there, and take its hosts. */

import type { CollectionReader } from '../../graph/graph.ts'
import type { ObjectOf } from '../kinds/catalogue.ts'
import { hostMatches, literalHost, qualifiedHost } from '../meaning/hostname.ts'
import type { Finding } from './finding.ts'

type VirtualService = ObjectOf<'VirtualService'>
type Gateway = ObjectOf<'Gateway'>

export interface GatewayReads {
  readonly gateways: CollectionReader<Gateway>
}

export function gatewayFindings(object: VirtualService, reads: GatewayReads, domain: string): readonly Finding[] {
  const { metadata, spec } = object
  const bound = (spec.gateways ?? []).flatMap((written, index) =>
    written === 'mesh' ? [] : [{ written, field: `spec.gateways[${index}]` }],
  )
  const inMatches = (['http', 'tls', 'tcp'] as const).flatMap(protocol =>
    (spec[protocol] ?? []).flatMap(({ match = [] }, index) =>
      match.flatMap(({ gateways = [] }, at) =>
        gateways.flatMap((written, position) =>
          written === 'mesh'
            ? []
            : [{ written, field: `spec.${protocol}[${index}].match[${at}].gateways[${position}]` }],
        ),
      ),
    ),
  )
  const missing = [...bound, ...inMatches].flatMap(({ written, field }): readonly Finding[] => {
    const key = gatewayKey(written, metadata.namespace)
    if (reads.gateways.get(key) !== undefined) return []
    return [gatewayNotFound(key, field)]
  })
  const known = bound.flatMap(({ written }) => reads.gateways.get(gatewayKey(written, metadata.namespace)) ?? [])
  // With a gateway that is not known, or in the mesh, a host may well be taken.
  if (known.length === 0 || known.length < (spec.gateways ?? []).length) return missing
  return [...missing, ...hostFindings(object, known, domain)]
}

export function gatewayNotFound(key: string, field: string): Finding {
  const reason = `there is no Gateway ${key}`
  return { code: 'GATEWAY_NOT_FOUND', field, reason, remedy: 'correct the name or the namespace' }
}

/** `name`, or `namespace/name`. */
export const gatewayKey = (written: string, namespace: string): string =>
  written.includes('/') ? written : `${namespace}/${written}`

function hostFindings(
  { metadata, spec }: VirtualService,
  gateways: readonly Gateway[],
  domain: string,
): readonly Finding[] {
  const { namespace } = metadata
  const taken = gateways.flatMap(gateway =>
    (gateway.spec.servers ?? []).flatMap(({ hosts }) =>
      hosts.flatMap(written => {
        const slash = written.indexOf('/')
        const from = slash < 0 ? '*' : written.slice(0, slash)
        const isFor = from === '*' || (from === '.' ? gateway.metadata.namespace : from) === namespace
        return isFor ? [literalHost(written.slice(slash + 1))] : []
      }),
    ),
  )
  return (spec.hosts ?? []).flatMap((written, index): readonly Finding[] => {
    const host = qualifiedHost(written, namespace, domain)
    if (taken.some(server => hostMatches(server, host) || hostMatches(host, server))) return []
    return [
      {
        code: 'GATEWAY_HOST_MISMATCH',
        field: `spec.hosts[${index}]`,
        reason: `no server of its gateways takes ${host} from namespace ${namespace}`,
        remedy: 'add it to the hosts of the Gateway, or correct it',
      },
    ]
  })
}
