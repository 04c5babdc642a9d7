/**
 * The fact `endpoints`, by ServiceKey. A service's row reads its own slices, the pods that these name, the workloads that
 * its selector selects, and nothing of other services.
 */

import type { ObjectOf } from '../../config/kinds/catalogue.ts'
import type { SliceEndpoint } from '../../config/kinds/endpoint-slice.ts'
import { serviceNameLabel } from '../../config/kinds/endpoint-slice.ts'
import { type Labels, lookupSelected } from '../../config/meaning/selector.ts'
import { byText } from '../../config/meaning/seniority.ts'
import type { Collection, Graph, Index, IndexReader, Tracked } from '../../graph/graph.ts'
import { addressTerm } from '../address.ts'
import type { ServiceEndpoints } from '../endpoint.ts'
import { type Networks, networkAt } from '../networks.ts'
import type { ServiceDefinition } from '../services/definition.ts'
import { rankedDefinitions } from '../services/merge.ts'
import type { Services } from '../services/services.ts'
import type { DiscoverySettings } from '../settings.ts'
import type { Sources } from '../sources.ts'
import type { Workload } from '../workload.ts'
import { workloadOfInlineEndpoint } from '../workloads/workload-entry.ts'
import type { Workloads } from '../workloads/workloads.ts'
import { EndpointCollector } from './collector.ts'
import { endpointOfAddress, slicePort } from './from-slice.ts'
import { endpointOfWorkload, workloadPort } from './from-workload.ts'

export interface EndpointInputs {
  readonly services: Services
  readonly workloads: Workloads
  readonly slicesByService: Index<ObjectOf<'EndpointSlice'>>
  readonly placement: Networks['placement']
}

export function indexSlicesByService(sources: Sources): Index<ObjectOf<'EndpointSlice'>> {
  return sources.EndpointSlice.index('service', slice => {
    const service = slice.metadata.labels[serviceNameLabel]
    return service === undefined ? [] : [`${slice.metadata.namespace}/${service}`]
  })
}

export function deriveEndpoints(
  graph: Graph,
  inputs: EndpointInputs,
  settings: DiscoverySettings,
): Collection<ServiceEndpoints> {
  return graph.derive({
    name: 'endpoints',
    from: inputs.services.all,
    reads: readsOf(inputs),
    map(service, key, reads) {
      const into = new EndpointCollector(service)
      for (const definition of rankedDefinitions(reads.definitionsByKey.lookup(key))) {
        collect(definition, into, { reads, cluster: settings.clusterId })
      }
      return into.result()
    },
  })
}

function readsOf({ services, workloads, slicesByService, placement }: EndpointInputs) {
  return {
    definitionsByKey: services.definitionsByKey,
    slicesByService,
    pods: workloads.pods,
    podsByLabel: workloads.podsByLabel,
    entriesByLabel: workloads.entriesByLabel,
    podsByAddress: workloads.podsByAddress,
    localities: workloads.nodeLocalities,
    placement,
  } as const
}

interface Context {
  readonly reads: Tracked<ReturnType<typeof readsOf>>
  readonly cluster: string
}

function collect(definition: ServiceDefinition, into: EndpointCollector, context: Context): void {
  for (const slice of slicesOf(definition, context)) collectSlice(definition, slice, into, context)
  for (const workload of workloadsOf(definition, context)) {
    for (const port of definition.service.ports) {
      const number = workloadPort(workload, port, definition.targetPorts.get(port.number))
      if (number !== undefined) into.add(port.number, endpointOfWorkload(workload, number, context.cluster))
    }
  }
}

function workloadsOf({ endpoints, service, object }: ServiceDefinition, { reads }: Context): readonly Workload[] {
  const owner = { namespace: service.namespace, name: object }
  const networkOf = (address: string): string => networkAt(reads.placement, address)
  switch (endpoints.kind) {
    case 'slices':
      // Kubernetes puts the pods of a selector into slices; nobody does that for WorkloadEntries.
      return selected(reads.entriesByLabel, service.namespace, endpoints.selector ?? {})
    case 'selector':
      return [reads.podsByLabel, reads.entriesByLabel].flatMap(index =>
        selected(index, service.namespace, endpoints.selector),
      )
    case 'inline':
      return endpoints.entries.flatMap(entry => workloadOfInlineEndpoint(entry, owner, networkOf) ?? [])
    case 'name':
      return [workloadOfInlineEndpoint({ address: endpoints.name }, owner, networkOf)].filter(
        workload => workload !== undefined,
      )
    case 'none':
      return []
  }
}

/** In a fixed order, because of two at one address the first counts. */
function selected(index: IndexReader<Workload>, namespace: string, selector: Labels): readonly Workload[] {
  return [...lookupSelected(index, namespace, selector)].sort((a, b) => byText(a.name, b.name))
}

/** Of the family of the service's own address, where it has one; by name. */
function slicesOf(
  { service, object, endpoints }: ServiceDefinition,
  { reads }: Context,
): readonly ObjectOf<'EndpointSlice'>[] {
  if (endpoints.kind !== 'slices') return []
  const { addressType } = endpoints
  return reads.slicesByService
    .lookup(`${service.namespace}/${object}`)
    .filter(({ spec }) => (addressType === undefined ? spec.addressType !== 'FQDN' : spec.addressType === addressType))
    .sort((a, b) => byText(a.metadata.name, b.metadata.name))
}

function collectSlice(
  { service }: ServiceDefinition,
  slice: ObjectOf<'EndpointSlice'>,
  into: EndpointCollector,
  context: Context,
): void {
  const { reads, cluster } = context
  const ports = service.ports.flatMap(({ number, name }) => {
    const target = slicePort(slice.spec, name)
    return target === undefined ? [] : [{ number, target }]
  })
  for (const entry of slice.spec.endpoints ?? []) {
    // Kubernetes: the addresses of one entry are interchangeable; the first is to be used.
    const address = entry.addresses[0]
    if (address === undefined) continue
    const endpoint = endpointOfAddress(address, entry, {
      namespace: service.namespace,
      workload: workloadOf(entry, address, slice, context),
      nodeLocality: entry.nodeName === undefined ? undefined : reads.localities.get(`/${entry.nodeName}`),
      network: networkAt(reads.placement, address),
      cluster,
    })
    for (const { number, target } of ports) into.add(number, { ...endpoint, port: target })
  }
}

function workloadOf(
  entry: SliceEndpoint,
  address: string,
  slice: ObjectOf<'EndpointSlice'>,
  { reads }: Context,
): Workload | undefined {
  const { namespace } = slice.metadata
  const { targetRef } = entry
  if (targetRef?.kind === 'Pod' && targetRef.name !== undefined) {
    return reads.pods.get(`${targetRef.namespace ?? namespace}/${targetRef.name}`)
  }
  const pods = reads.podsByAddress.lookup(addressTerm(namespace, address))
  return pods.length === 1 ? pods[0] : undefined
}
