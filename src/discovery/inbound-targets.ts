/**
 * Which service ports lead to a workload. Pods and WorkloadEntries find the services that select them, when somebody asks
 * for them (`inbound.ts`); inline endpoints, and slices written without pods, lead from the service to the address, which
 * is the fact derived here.
 */

import type { ObjectOf } from '../config/kinds/catalogue.ts'
import { type Labels, selectorTerm } from '../config/meaning/selector.ts'
import type { Collection, Graph, Index } from '../graph/graph.ts'
import { addressTerm, isIpAddress } from './address.ts'
import { slicePort } from './endpoints/from-slice.ts'
import { workloadPort } from './endpoints/from-workload.ts'
import type { ServiceKey } from './service.ts'
import type { EndpointOrigin, ServiceDefinition } from './services/definition.ts'
import type { Workload } from './workload.ts'
import { workloadOfInlineEndpoint } from './workloads/workload-entry.ts'

/** A service's port and the port on the workload that it leads to. */
export interface PortTarget {
  readonly service: ServiceKey
  readonly servicePort: number
  readonly targetPort: number
}

/** What is served at an address because a service names it. */
export interface AddressedTarget {
  readonly address: string
  readonly target: PortTarget
}

export interface AddressedTargets {
  /** Of the service, which is that of the workload too. */
  readonly namespace: string
  readonly targets: readonly AddressedTarget[]
}

/** By the key of the definition; absent where there are none. */
export function deriveAddressedTargets(
  graph: Graph,
  definitions: Collection<ServiceDefinition>,
  slicesByService: Index<ObjectOf<'EndpointSlice'>>,
): Index<AddressedTargets> {
  const addressed = graph.derive({
    name: 'addressedTargets',
    from: definitions,
    reads: { slicesByService },
    map(definition, _key, reads): AddressedTargets | undefined {
      const { service, object, endpoints } = definition
      const targets =
        endpoints.kind === 'inline'
          ? inlineTargets(definition, endpoints)
          : endpoints.kind === 'slices'
            ? reads.slicesByService
                .lookup(`${service.namespace}/${object}`)
                .flatMap(slice => sliceTargets(definition, slice))
            : []
      return targets.length === 0 ? undefined : { namespace: service.namespace, targets }
    },
  })
  return addressed.index('address', ({ namespace, targets }) =>
    targets.map(({ address }) => addressTerm(namespace, address)),
  )
}

/** The definitions with a selector, by one pair of it. */
export function indexBySelector(definitions: Collection<ServiceDefinition>): Index<ServiceDefinition> {
  return definitions.index('selector', ({ service, endpoints }) => {
    const term = selectorTerm(service.namespace, selectorOf(endpoints))
    return term === undefined ? [] : [term]
  })
}

export function selectorOf(endpoints: EndpointOrigin): Labels | undefined {
  return endpoints.kind === 'slices' || endpoints.kind === 'selector' ? endpoints.selector : undefined
}

/** The ports of the service that a workload of its serves. */
export function targetsAt(workload: Workload, { service, targetPorts }: ServiceDefinition): readonly PortTarget[] {
  return service.ports.flatMap(port => {
    const targetPort = workloadPort(workload, port, targetPorts.get(port.number))
    return targetPort === undefined ? [] : [{ service: service.key, servicePort: port.number, targetPort }]
  })
}

function inlineTargets(
  definition: ServiceDefinition,
  endpoints: EndpointOrigin & { kind: 'inline' },
): readonly AddressedTarget[] {
  const owner = { namespace: definition.service.namespace, name: definition.object }
  return endpoints.entries.flatMap(entry => {
    // Of which network it is, is nothing to the workload itself.
    const workload = workloadOfInlineEndpoint(entry, owner, () => '')
    const address = workload?.addresses[0] ?? ''
    if (workload === undefined || !isIpAddress(address)) return []
    return targetsAt(workload, definition).map(target => ({ address, target }))
  })
}

/** Entries with a `targetRef` are pods, which find the service by its selector. */
function sliceTargets({ service }: ServiceDefinition, slice: ObjectOf<'EndpointSlice'>): readonly AddressedTarget[] {
  const addresses = (slice.spec.endpoints ?? []).flatMap(entry =>
    entry.targetRef === undefined ? entry.addresses : [],
  )
  if (addresses.length === 0 || slice.spec.addressType === 'FQDN') return []
  return service.ports.flatMap(port => {
    const targetPort = slicePort(slice.spec, port.name)
    if (targetPort === undefined) return []
    const target = { service: service.key, servicePort: port.number, targetPort }
    return addresses.map(address => ({ address, target }))
  })
}
