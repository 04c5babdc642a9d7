/** ServiceEntries as services of the mesh: one for each host. */

import type { ObjectOf } from '../../config/kinds/catalogue.ts'
import { resolveExportTo } from '../../config/meaning/export-to.ts'
import { isWildcard, literalHost } from '../../config/meaning/hostname.ts'
import type { MeshConfig } from '../../config/mesh-config.ts'
import { protocolOf } from '../protocol.ts'
import type { MeshService, Resolution } from '../service.ts'
import type { EndpointOrigin, ServiceDefinition } from './definition.ts'
import { listOf, routesFromAnnotation } from './kubernetes.ts'

type Spec = ObjectOf<'ServiceEntry'>['spec']

/** In the order of the hosts; a host that is named twice counts once. */
export function definitionsOfServiceEntry(
  object: ObjectOf<'ServiceEntry'>,
  mesh: Pick<MeshConfig, 'defaultServiceExportTo'>,
): readonly ServiceDefinition[] {
  const { metadata, spec } = object
  const { namespace } = metadata
  // Other than in rules, a name without a dot is not short for a service of the cluster: `localhost` is meant.
  const hosts = new Set(spec.hosts.map(literalHost))
  const resolution = resolutions[spec.resolution ?? 'NONE']
  const ports = spec.ports ?? []
  const shared = {
    namespace,
    registry: 'External',
    addresses: spec.addresses ?? [],
    headless: false,
    ports: ports.map(port => ({
      number: port.number,
      name: port.name,
      protocol: protocolOf({ appProtocol: port.protocol, name: port.name, number: port.number }),
    })),
    resolution,
    meshExternal: (spec.location ?? 'MESH_EXTERNAL') === 'MESH_EXTERNAL',
    exportTo: resolveExportTo(spec.exportTo, namespace, mesh.defaultServiceExportTo),
    subjectAltNames: spec.subjectAltNames ?? [],
    routesFrom: listOf(metadata.annotations[routesFromAnnotation]),
    createdAt: metadata.creationTimestamp ?? '',
  } satisfies Partial<MeshService>
  const targetPorts = new Map(
    ports.flatMap(({ number, targetPort }) =>
      targetPort === undefined || targetPort === 0 ? [] : [[number, targetPort]],
    ),
  )
  return [...hosts].map(hostname => ({
    service: { key: `${namespace}/${hostname}`, hostname, name: hostname, ...shared },
    object: metadata.name,
    endpoints: originOf(spec, hostname, resolution),
    targetPorts,
  }))
}

/** `DYNAMIC_DNS` resolves the host that the client names: what it names is where the connection goes. */
const resolutions: Readonly<Record<NonNullable<Spec['resolution']>, Resolution>> = {
  NONE: 'passthrough',
  STATIC: 'eds',
  DNS: 'dns',
  DNS_ROUND_ROBIN: 'dns-round-robin',
  DYNAMIC_DNS: 'passthrough',
}

function originOf(spec: Spec, hostname: string, resolution: Resolution): EndpointOrigin {
  const selector = spec.workloadSelector?.labels ?? {}
  if (Object.keys(selector).length > 0) return { kind: 'selector', selector }
  const entries = spec.endpoints ?? []
  if (entries.length > 0) return { kind: 'inline', entries }
  if (resolution !== 'dns' && resolution !== 'dns-round-robin') return { kind: 'none' }
  // Without endpoints, the host itself is what is resolved.
  return isWildcard(hostname) ? { kind: 'none' } : { kind: 'name', name: hostname }
}
