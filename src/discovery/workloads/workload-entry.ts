/** WorkloadEntries, and the inline endpoints of ServiceEntries, as workloads. */

import type { ObjectOf } from '../../config/kinds/catalogue.ts'
import type { WorkloadEntrySpec } from '../../config/kinds/workload-entry.ts'
import type { Labels } from '../../config/meaning/selector.ts'
import { localityOfLabels, parseLocality, withLocality } from '../locality.ts'
import type { Workload } from '../workload.ts'

/** Of an address, where the entry itself names no network. */
export type NetworkOf = (address: string) => string

/** Labels of the metadata win over those of the spec. */
export function workloadOfEntry(entry: ObjectOf<'WorkloadEntry'>, networkOf: NetworkOf): Workload | undefined {
  const { name, namespace, labels } = entry.metadata
  const merged = { ...entry.spec.labels, ...labels }
  return workload(entry.spec, { kind: 'WorkloadEntry', namespace, name, labels: merged }, networkOf)
}

/** An inline endpoint of a ServiceEntry of that namespace and name. */
export function workloadOfInlineEndpoint(
  spec: WorkloadEntrySpec,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  networkOf: NetworkOf,
): Workload | undefined {
  return workload(spec, { kind: 'inline', namespace, name, labels: spec.labels ?? {} }, networkOf)
}

function workload(
  spec: WorkloadEntrySpec,
  base: Pick<Workload, 'kind' | 'namespace' | 'name' | 'labels'>,
  networkOf: NetworkOf,
): Workload | undefined {
  const address = spec.address ?? ''
  const network = spec.network || (base.labels['topology.istio.io/network'] ?? networkOf(address))
  // Without an address it is reached through a gateway of its network alone.
  if (address === '' && network === '') return undefined
  const serviceAccount = spec.serviceAccount ?? ''
  return Object.freeze<Workload>({
    ...base,
    workloadName: base.name,
    addresses: address === '' ? [] : [address],
    sharesAddress: false,
    serviceAccount,
    tlsMode: tlsModeOf(base.labels, serviceAccount),
    health: 'healthy',
    ...withLocality(parseLocality(spec.locality) ?? localityOfLabels(base.labels)),
    network,
    weight: Math.max(1, spec.weight ?? 1),
    ports: spec.ports ?? {},
  })
}

/** An entry with an identity is taken to have a sidecar, unless its label says otherwise. */
function tlsModeOf(labels: Labels, serviceAccount: string): Workload['tlsMode'] {
  const label = labels['security.istio.io/tlsMode']
  if (label !== undefined) return label === 'istio' ? 'istio' : 'disabled'
  return serviceAccount === '' ? 'disabled' : 'istio'
}
