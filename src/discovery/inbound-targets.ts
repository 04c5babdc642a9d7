/**
 * The fact behind `inboundTargetsByAddress`. A workload's rows are found from the services that select it; only slices
 * written without pods, and inline endpoints, lead from the service to the address.
 *
 *   workloads ── definitions by a pair of their selector ──▶ selectedTargets ──┐
 *   serviceDefinitions ── slices ──▶ addressedTargets ─────────────────────────┴▶ inboundTargets
 */

import type { ObjectOf } from '../config/kinds/catalogue.ts'
import type { Graph, Index, Key } from '../graph/graph.ts'
import { addressTerm, isIpAddress } from './address.ts'
import type { EndpointInputs } from './endpoints/endpoints.ts'
import { slicePort } from './endpoints/from-slice.ts'
import { workloadPort } from './endpoints/from-workload.ts'
import type { InboundTarget } from './inbound.ts'
import { labelTerms, selectorTerm, selects } from './selector.ts'
import type { ServicePort } from './service.ts'
import type { EndpointOrigin, ServiceDefinition } from './services/definition.ts'
import { workloadOfInlineEndpoint } from './workloads/workload-entry.ts'

/** A target with the addresses at which it is served. */
interface AddressedTarget extends InboundTarget {
  readonly addresses: readonly string[]
  readonly namespace: string
}

type Row = readonly [Key, AddressedTarget]

export function deriveInboundTargets(graph: Graph, inputs: EndpointInputs): Index<InboundTarget> {
  const { services, workloads, slicesByService } = inputs
  const definitionsBySelector = services.definitions.index('selector', ({ service, endpoints }) => {
    const term = selectorTerm(service.namespace, selectorOf(endpoints))
    return term === undefined ? [] : [term]
  })
  const selected = graph.deriveMany({
    name: 'selectedTargets',
    from: workloads.all,
    reads: { definitionsBySelector },
    map(workload, key, reads) {
      if (workload.sharesAddress) return []
      const rows: Row[] = []
      for (const term of labelTerms(workload.namespace, workload.labels)) {
        for (const definition of reads.definitionsBySelector.lookup(term)) {
          if (!selects(selectorOf(definition.endpoints), workload.labels)) continue
          for (const port of definition.service.ports) {
            const number = workloadPort(workload, port, definition.targetPorts.get(port.number))
            if (number !== undefined) rows.push(row(key, definition, port, { number, addresses: workload.addresses }))
          }
        }
      }
      return rows
    },
  })
  const addressed = graph.deriveMany({
    name: 'addressedTargets',
    from: services.definitions,
    reads: { slicesByService },
    map(definition, key, reads) {
      const { endpoints, service, object } = definition
      if (endpoints.kind === 'inline') return inlineRows(definition, endpoints, key)
      if (endpoints.kind !== 'slices') return []
      return reads.slicesByService
        .lookup(`${service.namespace}/${object}`)
        .flatMap(slice => sliceRows(definition, slice, key))
    },
  })
  return graph
    .union('inboundTargets', [selected, addressed])
    .index('address', target => target.addresses.map(address => addressTerm(target.namespace, address)))
}

function selectorOf(endpoints: EndpointOrigin): Readonly<Record<string, string>> | undefined {
  return endpoints.kind === 'slices' || endpoints.kind === 'selector' ? endpoints.selector : undefined
}

function inlineRows(
  definition: ServiceDefinition,
  endpoints: EndpointOrigin & { kind: 'inline' },
  key: Key,
): readonly Row[] {
  const { service, object, targetPorts } = definition
  return endpoints.entries.flatMap((entry, index) => {
    const workload = workloadOfInlineEndpoint(entry, { namespace: service.namespace, name: object, network: '' })
    if (workload === undefined) return []
    return service.ports.flatMap(port => {
      const number = workloadPort(workload, port, targetPorts.get(port.number))
      if (number === undefined) return []
      return [row(`${key}/${index}`, definition, port, { number, addresses: workload.addresses })]
    })
  })
}

/** Entries with a `targetRef` are pods, which find the service by its selector. */
function sliceRows(definition: ServiceDefinition, slice: ObjectOf<'EndpointSlice'>, key: Key): readonly Row[] {
  const addresses = (slice.spec.endpoints ?? []).flatMap(entry =>
    entry.targetRef === undefined ? entry.addresses : [],
  )
  if (addresses.length === 0) return []
  return definition.service.ports.flatMap(port => {
    const number = slicePort(slice.spec, port.name)
    if (number === undefined) return []
    return [row(`${key}/${slice.metadata.name}`, definition, port, { number, addresses })]
  })
}

function row(
  owner: Key,
  { service }: ServiceDefinition,
  port: ServicePort,
  target: { readonly number: number; readonly addresses: readonly string[] },
): Row {
  const item = Object.freeze<AddressedTarget>({
    service: service.key,
    servicePort: port.number,
    targetPort: target.number,
    protocol: port.protocol,
    portName: port.name,
    namespace: service.namespace,
    addresses: target.addresses.filter(isIpAddress),
  })
  return [`${owner}|${service.key}|${port.number}|${target.number}`, item]
}
