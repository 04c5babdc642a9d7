/**
 * Who may bind which host, asked before a change is taken. A service belongs to the namespace that defines it: only that
 * one, the root namespace, and those that it names in `meshwright.io/routes-from` may say for others what its hosts do.
 * For clients of the own namespace everybody may, if the service is exported to that namespace.
 *
 * The facts hold the same rule for objects of every source (`virtual-service.ts`, `visibility.ts`): what comes past the
 * door, or stood there before the service did, is in force for clients of its own namespace only. DestinationRules need no
 * question: those of another namespace than the client's, the service's and the root count for nobody.
 */

import type { ConfigChange } from '../config/files/file-ledger.ts'
import type { AnyObject, ObjectOf } from '../config/kinds/catalogue.ts'
import { isExportedTo, resolveExportTo } from '../config/meaning/export-to.ts'
import { hostMatches, isWildcard, literalHost, namespaceOfHost, qualifiedHost } from '../config/meaning/hostname.ts'
import { defaultMeshConfig, type MeshConfig } from '../config/mesh-config.ts'
import { type Problem, placeOfOrigin } from '../config/problem.ts'
import type { Discovery } from './discovery.ts'
import type { MeshService } from './service.ts'
import { definitionOfService, routesFromAnnotation } from './services/kubernetes.ts'
import { definitionsOfServiceEntry } from './services/service-entry.ts'
import { type DiscoverySettings, defaultSettings } from './settings.ts'
import { isForMesh, mayRouteForAll } from './virtual-service.ts'

export interface HostOwnershipOptions {
  readonly discovery: Pick<Discovery, 'sources' | 'facts' | 'mesh'>
  readonly settings?: DiscoverySettings
}

/** An error for each host that an object of the changes binds and must not, with all of the changes made. */
export function createHostOwnership({
  discovery,
  settings = defaultSettings,
}: HostOwnershipOptions): (changes: readonly ConfigChange[]) => readonly Problem[] {
  const { facts, sources } = discovery
  return changes => {
    if (settings.hostOwnership === 'anybody') return []
    const mesh = discovery.mesh.get('mesh') ?? defaultMeshConfig
    const context: Context = { mesh, settings, services: servicesAfter(changes) }
    return changes.flatMap(({ object }) => {
      if (object?.kind === 'VirtualService') return ofVirtualService(object, context)
      if (object?.kind === 'ServiceEntry') return ofServiceEntry(object, context)
      return []
    })

    function servicesAfter(all: readonly ConfigChange[]): Services {
      const gone = new Set<string>()
      const added: MeshService[] = []
      for (const { kind, key, object } of all) {
        if (kind !== 'Service' && kind !== 'ServiceEntry') continue
        for (const service of servicesOf(sources[kind].get(key), mesh, settings)) gone.add(service.key)
        const services = servicesOf(object, mesh, settings)
        added.push(...services)
      }
      const stays = ({ key }: MeshService): boolean => !gone.has(key)
      return {
        ofHost: host => [
          ...facts.servicesByHost.lookup(host).filter(stays),
          ...added.filter(({ hostname }) => hostname === host),
        ],
        matching: pattern =>
          [...facts.services.values()]
            .filter(stays)
            .concat(added)
            .filter(({ hostname }) => hostMatches(pattern, hostname)),
      }
    }
  }
}

interface Services {
  ofHost(host: string): readonly MeshService[]
  /** Cost: all services. */
  matching(pattern: string): readonly MeshService[]
}

interface Context {
  readonly mesh: MeshConfig
  readonly settings: DiscoverySettings
  readonly services: Services
}

function servicesOf(
  object: AnyObject | undefined,
  mesh: MeshConfig,
  settings: DiscoverySettings,
): readonly MeshService[] {
  if (object?.kind === 'Service') return [definitionOfService(object, mesh, settings).service]
  if (object?.kind === 'ServiceEntry') return definitionsOfServiceEntry(object, mesh).map(({ service }) => service)
  return []
}

function ofVirtualService(
  object: ObjectOf<'VirtualService'>,
  { mesh, settings, services }: Context,
): readonly Problem[] {
  const { spec, metadata } = object
  const { namespace } = metadata
  const { rootNamespace, defaultVirtualServiceExportTo } = mesh
  if (!isForMesh(spec) || namespace === rootNamespace) return []
  const exportTo = resolveExportTo(spec.exportTo, namespace, defaultVirtualServiceExportTo)
  const isForOthers = exportTo.some(entry => entry !== namespace)
  return (spec.hosts ?? []).flatMap((written, index): readonly Problem[] => {
    const host = qualifiedHost(written, namespace, settings.domain)
    const bound = (isWildcard(host) ? services.matching(host) : services.ofHost(host)).filter(isInternal)
    const at = `spec.hosts[${index}]`
    const hidden = bound.length > 0 && bound.every(service => !isExportedTo(service.exportTo, namespace))
    if (hidden && !isWildcard(host))
      return [refusal(object, at, `${host} is not exported to namespace ${namespace}`, 'ask its owner to export it')]
    const foreign = isForOthers ? bound.find(service => !mayRouteForAll(namespace, service, rootNamespace)) : undefined
    if (foreign === undefined) return []
    const what = host === foreign.hostname ? host : `${host} covers ${foreign.hostname}, which`
    return [
      refusal(
        object,
        at,
        `${what} belongs to namespace ${foreign.namespace}`,
        `write exportTo: ['.'] to route it for clients of ${namespace} alone; or let ${foreign.namespace} name ${namespace} in the annotation ${routesFromAnnotation} of the service`,
      ),
    ]
  })
}

function ofServiceEntry(object: ObjectOf<'ServiceEntry'>, { mesh, settings, services }: Context): readonly Problem[] {
  const { spec, metadata } = object
  const { namespace } = metadata
  const exportTo = resolveExportTo(spec.exportTo, namespace, mesh.defaultServiceExportTo)
  if (namespace === mesh.rootNamespace || exportTo.every(entry => entry === namespace)) return []
  return spec.hosts.flatMap((written, index): readonly Problem[] => {
    const host = literalHost(written)
    const foreign = services.ofHost(host).find(service => isInternal(service) && service.namespace !== namespace)
    const named = namespaceOfHost(host, settings.domain)
    const owner = named !== undefined && named !== namespace ? named : foreign?.namespace
    if (owner === undefined) return []
    const remedy = `write exportTo: ['.'] to define it for clients of ${namespace} alone, or use a host of ${namespace}`
    return [refusal(object, `spec.hosts[${index}]`, `${host} belongs to namespace ${owner}`, remedy)]
  })
}

const isInternal = ({ meshExternal }: MeshService): boolean => !meshExternal

function refusal(object: AnyObject, field: string, reason: string, remedy: string): Problem {
  const { namespace, name } = object.metadata
  return {
    severity: 'error',
    ...placeOfOrigin(object.origin),
    kind: object.kind,
    namespace,
    name,
    field,
    reason,
    remedy,
  }
}
