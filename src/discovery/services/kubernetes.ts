/** Kubernetes Services as services of the mesh. */

import type { ObjectOf } from '../../config/kinds/catalogue.ts'
import { resolveExportTo } from '../../config/meaning/export-to.ts'
import { serviceHost } from '../../config/meaning/hostname.ts'
import type { MeshConfig } from '../../config/mesh-config.ts'
import { protocolOf } from '../protocol.ts'
import type { Resolution } from '../service.ts'
import type { DiscoverySettings } from '../settings.ts'
import type { EndpointOrigin, ServiceDefinition } from './definition.ts'

export function definitionOfService(
  object: ObjectOf<'Service'>,
  mesh: Pick<MeshConfig, 'trustDomain' | 'defaultServiceExportTo'>,
  settings: DiscoverySettings,
): ServiceDefinition {
  const { metadata, spec } = object
  const { name, namespace, annotations } = metadata
  const hostname = serviceHost(name, namespace, settings.domain)
  const headless = spec.clusterIP === 'None'
  const external = spec.type === 'ExternalName'
  const ports = spec.ports ?? []
  return {
    service: {
      key: `${namespace}/${hostname}`,
      hostname,
      namespace,
      name,
      registry: 'Kubernetes',
      addresses: headless || external ? [] : addressesOf(spec),
      headless,
      ports: ports.map(port => ({
        number: port.port,
        name: port.name ?? '',
        protocol: protocolOf({
          appProtocol: port.appProtocol,
          name: port.name,
          transport: port.protocol,
          number: port.port,
        }),
      })),
      resolution: resolutionOf(external, headless),
      meshExternal: external,
      exportTo: resolveExportTo(
        listOf(annotations['networking.istio.io/exportTo']),
        namespace,
        mesh.defaultServiceExportTo,
      ),
      subjectAltNames: identitiesOf(annotations, namespace, mesh.trustDomain),
      routesFrom: listOf(annotations[routesFromAnnotation]),
      createdAt: metadata.creationTimestamp ?? '',
    },
    object: name,
    endpoints: originOf(spec),
    targetPorts: new Map(
      ports.flatMap(({ port, targetPort }) =>
        targetPort === undefined || targetPort === 0 || targetPort === '' ? [] : [[port, targetPort] as const],
      ),
    ),
  }
}

/** Names the namespaces whose VirtualServices may route the service for every client. Also read from ServiceEntries. */
export const routesFromAnnotation = 'meshwright.io/routes-from'

/** A comma list as annotations hold it. */
export function listOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
}

function resolutionOf(external: boolean, headless: boolean): Resolution {
  if (external) return 'dns'
  return headless ? 'passthrough' : 'eds'
}

function originOf(spec: ObjectOf<'Service'>['spec']): EndpointOrigin {
  if (spec.type === 'ExternalName') return { kind: 'name', name: (spec.externalName ?? '').toLowerCase() }
  const primary = addressesOf(spec)[0]
  return {
    kind: 'slices',
    selector: Object.keys(spec.selector ?? {}).length === 0 ? undefined : spec.selector,
    addressType: primary === undefined ? undefined : primary.includes(':') ? 'IPv6' : 'IPv4',
  }
}

function addressesOf(spec: ObjectOf<'Service'>['spec']): readonly string[] {
  const all = [spec.clusterIP ?? '', ...(spec.clusterIPs ?? [])].filter(address => address !== '' && address !== 'None')
  return [...new Set(all)]
}

/** Who may run the service where its endpoints do not say: VMs registered by hand, from the times before WorkloadEntry. */
function identitiesOf(
  annotations: Readonly<Record<string, string>>,
  namespace: string,
  trustDomain: string,
): readonly string[] {
  const canonical = listOf(annotations['alpha.istio.io/canonical-serviceaccounts'])
  const accounts = listOf(annotations['alpha.istio.io/kubernetes-serviceaccounts'])
  return [...canonical, ...accounts.map(account => `spiffe://${trustDomain}/ns/${namespace}/sa/${account}`)]
}
