/** Inbound listeners, with the mutual TLS mode of each port and how its policies arrive. */

import type { MeshConfig } from '../../../config/mesh-config.ts'
import { policiesFor } from '../../../discovery/authorization-policy.ts'
import type { TrackedFacts } from '../../../discovery/facts.ts'
import { admittedTrustDomains } from '../../../discovery/federation.ts'
import { mtlsModeOf, portLevelPorts } from '../../../discovery/peer-authentication.ts'
import { meshOf } from '../../../discovery/sources.ts'
import { federationOf, rbacFilter } from '../../authorization/policies-in-force.ts'
import { stages } from '../../authorization/rbac.ts'
import { inboundClusterName } from '../../clusters/inbound/kind.ts'
import { wildcardAddress } from '../../outbound/view.ts'
import type { AuthorizationIr } from '../authorization-filters.ts'
import { listenerSettings } from '../settings.ts'
import { chainForms } from './chain-forms.ts'
import type { BoundPort, InboundView, ServedPort } from './facet.ts'
import type { InboundChainIr, InboundListenerIr, ServerTlsIr } from './ir.ts'

const passthroughCluster = 'InboundPassthroughCluster'

/** The listener that all captured inbound connections reach. */
export function captureListenerOf(view: InboundView, name: string, facts: TrackedFacts): InboundListenerIr {
  const known = new Set(view.captured.map(({ port }) => port))
  const others = portLevelPorts(facts, view).filter(port => !known.has(port))
  return {
    ...common(view, facts),
    name,
    address: wildcardAddress[view.family],
    port: meshOf(facts).proxyInboundListenPort,
    capture: view.mode === 'TPROXY' ? 'tproxy' : 'redirect',
    chains: [
      ...view.captured.flatMap(({ port, protocol, endpoint }) =>
        chainsOf(view, facts, {
          port,
          protocol,
          endpoint,
          cluster: inboundClusterName(port),
          name: `0.0.0.0_${port}`,
        }),
      ),
      // A mode for a port that no service names still holds there.
      ...others.flatMap(port =>
        chainsOf(view, facts, {
          port,
          protocol: 'auto',
          endpoint: 'original',
          cluster: passthroughCluster,
          name: `0.0.0.0_${port}`,
        }),
      ),
      ...catchAll(view, facts),
    ],
  }
}

/** The listener of one `ingress` entry. */
export function boundListenerOf(
  view: InboundView,
  name: string,
  bound: BoundPort,
  facts: TrackedFacts,
): InboundListenerIr {
  const { address, port, protocol, endpoint } = bound
  const chains = chainsOf(view, facts, { port, protocol, endpoint, cluster: inboundClusterName(port), name })
  return {
    ...common(view, facts),
    name,
    address,
    port,
    capture: 'none',
    // All that arrives here is for this port.
    chains: chains.map(({ port: _, ...chain }) => chain),
  }
}

interface ServedChain extends ServedPort {
  readonly cluster: string
  readonly name: string
}

function chainsOf(view: InboundView, facts: TrackedFacts, served: ServedChain): readonly InboundChainIr[] {
  const { port, protocol, endpoint, cluster, name } = served
  return chainForms(protocol, mtlsModeOf(facts, view, port)).map(form => ({
    name,
    form,
    port,
    cluster,
    endpoint,
    routePort: port,
    grpcWeb: protocol === 'grpc-web' ? 'translated' : 'as-is',
  }))
}

function catchAll(view: InboundView, facts: TrackedFacts): readonly InboundChainIr[] {
  return chainForms('auto', mtlsModeOf(facts, view)).map(form => ({
    name: form.traffic === 'http' ? 'virtualInbound-catchall-http' : 'virtualInbound',
    form,
    cluster: passthroughCluster,
    endpoint: 'original',
    routePort: 0,
    grpcWeb: 'as-is',
  }))
}

function common(
  view: InboundView,
  facts: TrackedFacts,
): Pick<InboundListenerIr, 'kind' | 'serverTls' | 'authorization' | 'drain' | 'settings'> {
  const mesh = meshOf(facts)
  return {
    kind: 'inbound-listener',
    serverTls: serverTls(mesh, admittedTrustDomains(facts, view)),
    authorization: authorizationOf(view, facts, mesh),
    drain: facts.revocationDrain.get('mesh') ?? 0,
    settings: listenerSettings(mesh),
  }
}

/** Policies are read only where the listener itself must carry them. */
function authorizationOf(view: InboundView, facts: TrackedFacts, mesh: MeshConfig): AuthorizationIr {
  if (mesh.meshwright.policyDelivery === 'ECDS') return { kind: 'discovered' }
  const policies = policiesFor(facts, view)
  const context = { mesh, federation: federationOf(facts) }
  const filters = (layer: 'http' | 'tcp') => stages.map(stage => rbacFilter(policies, stage, layer, context))
  return { kind: 'inline', http: filters('http'), tcp: filters('tcp') }
}

function serverTls(
  { trustDomain, trustDomainAliases, meshMTLS }: MeshConfig,
  admitted: readonly string[],
): ServerTlsIr {
  return {
    trustDomains: [...new Set([trustDomain, ...trustDomainAliases, ...admitted])],
    minimumVersion: meshMTLS.minProtocolVersion === 'TLSV1_3' ? 'TLSv1_3' : 'TLSv1_2',
    cipherSuites: meshMTLS.cipherSuites,
    ecdhCurves: meshMTLS.ecdhCurves,
  }
}
