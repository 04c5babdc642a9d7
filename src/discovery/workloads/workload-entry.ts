/** WorkloadEntries, and the inline endpoints of ServiceEntries, as workloads. */

import type { ObjectOf } from '../../config/kinds/catalogue.ts'
import type { WorkloadEntrySpec } from '../../config/kinds/workload-entry.ts'
import type { Labels } from '../../config/meaning/selector.ts'
import { localityOfLabels, parseLocality, withLocality } from '../locality.ts'
import type { Workload } from '../workload.ts'

/** `network` is that of the mesh, where the entry names none. Labels of the metadata win over those of the spec. */
export function workloadOfEntry(entry: ObjectOf<'WorkloadEntry'>, network: string): Workload | undefined {
  const { name, namespace, labels } = entry.metadata
  return workload(entry.spec, {
    kind: 'WorkloadEntry',
    namespace,
    name,
    network,
    labels: { ...entry.spec.labels, ...labels },
  })
}

/** An inline endpoint of a ServiceEntry of that namespace and name. */
export function workloadOfInlineEndpoint(
  spec: WorkloadEntrySpec,
  owner: { readonly namespace: string; readonly name: string; readonly network: string },
): Workload | undefined {
  return workload(spec, {
    kind: 'inline',
    namespace: owner.namespace,
    name: owner.name,
    network: owner.network,
    labels: spec.labels ?? {},
  })
}

function workload(
  spec: WorkloadEntrySpec,
  base: Pick<Workload, 'kind' | 'namespace' | 'name' | 'network' | 'labels'>,
): Workload | undefined {
  const address = spec.address ?? ''
  if (address === '') return undefined
  const serviceAccount = spec.serviceAccount ?? ''
  return Object.freeze<Workload>({
    ...base,
    workloadName: base.name,
    addresses: [address],
    sharesAddress: false,
    serviceAccount,
    tlsMode: tlsModeOf(base.labels, serviceAccount),
    health: 'healthy',
    ...withLocality(parseLocality(spec.locality) ?? localityOfLabels(base.labels)),
    network:
      (spec.network ?? '') === '' ? (base.labels['topology.istio.io/network'] ?? base.network) : (spec.network ?? ''),
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
