/** How a client secures connections to a service's port: a DestinationRule's word, else automatic mutual TLS. */

import type { ClientTls } from '../../../config/kinds/client-tls.ts'
import type { MeshConfig } from '../../../config/mesh-config.ts'
import type { TrackedFacts } from '../../../discovery/facts.ts'
import { federatedTrustDomains } from '../../../discovery/federation.ts'
import type { MeshService } from '../../../discovery/service.ts'
import { outboundServerName } from '../../outbound-names.ts'
import type { HttpIr } from '../http-protocol.ts'
import type { ClientTlsIr } from './ir.ts'

export interface TlsContext {
  readonly facts: TrackedFacts
  readonly mesh: MeshConfig
  readonly service: MeshService
  readonly port: number
  readonly subset: string
  readonly http: HttpIr | undefined
  /** Whether the cluster knows its endpoints, and with them which take mutual TLS. */
  readonly endpoints: 'known' | 'unknown'
}

export function resolveClientTls(ruled: ClientTls | undefined, context: TlsContext): ClientTlsIr {
  if (ruled !== undefined) return ruledTls(ruled, context)
  const { facts, mesh, service } = context
  const mode = facts.serviceMtls.get(service.key) ?? 'UNKNOWN'
  if (service.meshExternal || !mesh.enableAutoMtls || mode === 'UNKNOWN' || mode === 'DISABLE') return plaintext
  return meshTls(context, { when: context.endpoints === 'known' ? 'auto' : 'always' })
}

const plaintext: ClientTlsIr = { kind: 'plaintext' }

function ruledTls(ruled: ClientTls, context: TlsContext): ClientTlsIr {
  switch (ruled.mode ?? 'DISABLE') {
    case 'DISABLE':
      return plaintext
    case 'ISTIO_MUTUAL':
      return meshTls(context, { when: 'always', ruled })
    case 'SIMPLE':
      return origination(ruled, context)
    case 'MUTUAL': {
      const client = { certificate: ruled.clientCertificate ?? '', privateKey: ruled.privateKey ?? '' }
      return { ...origination(ruled, context), client }
    }
  }
}

function meshTls(
  { facts, mesh, service, port, subset }: TlsContext,
  { when, ruled }: { readonly when: 'auto' | 'always'; readonly ruled?: ClientTls },
): ClientTlsIr {
  const named = ruled?.subjectAltNames ?? []
  const identities = named.length > 0 ? named : (facts.serviceAccounts.get(service.key) ?? [])
  const isUnnamed = identities.length === 0 && federatedTrustDomains(facts).length > 0
  return {
    kind: 'mesh',
    when,
    sni: textOr(ruled?.sni, outboundServerName(port, subset, service.hostname)),
    identities,
    trustDomains: isUnnamed ? [...new Set([mesh.trustDomain, ...mesh.trustDomainAliases])] : [],
    minimumVersion: mesh.meshMTLS.minProtocolVersion === 'TLSV1_3' ? 'TLSv1_3' : 'TLSv1_2',
  }
}

type OriginationIr = ClientTlsIr & { readonly kind: 'origination' }

function origination(ruled: ClientTls, { service, http }: TlsContext): OriginationIr {
  const verified = ruled.insecureSkipVerify !== true
  return {
    kind: 'origination',
    // HTTP takes the name from each request (`tlsNames`); other protocols have only the host.
    sni: textOr(ruled.sni, http === undefined && !service.hostname.startsWith('*') ? service.hostname : ''),
    subjectAltNames: verified ? (ruled.subjectAltNames ?? []) : [],
    trust: verified ? trustOf(ruled) : { kind: 'nobody-verified' },
    alpn: http?.upstream === 'http2' ? ['h2'] : http?.upstream === 'downstream' ? ['h2', 'http/1.1'] : [],
  }
}

/** `system` is Istio's word for the roots of the system, which are also what nothing said means. */
function trustOf({ caCertificates = '', caCrl = '' }: ClientTls): OriginationIr['trust'] {
  const crl = caCrl === '' ? {} : { crl: caCrl }
  if (caCertificates === '' || caCertificates === 'system') return { kind: 'system', ...crl }
  return { kind: 'file', path: caCertificates, ...crl }
}

function textOr(text: string | undefined, otherwise: string): string {
  return text === undefined || text === '' ? otherwise : text
}
