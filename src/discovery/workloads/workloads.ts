/**
 * The workloads of the mesh, by the key of their object:
 *
 *   Pod ── node localities, network ──▶ podWorkloads
 *   WorkloadEntry ── network ──▶ entryWorkloads
 */

import { labelTerms } from '../../config/meaning/selector.ts'
import type { Collection, Graph, Index, Key } from '../../graph/graph.ts'
import { addressTerm } from '../address.ts'
import type { Locality } from '../endpoint.ts'
import { localityOfNode } from '../locality.ts'
import type { MeshSource, Sources } from '../sources.ts'
import type { Workload } from '../workload.ts'
import { workloadOfPod } from './pod.ts'
import { workloadOfEntry } from './workload-entry.ts'

export interface Workloads {
  /** By the key of the Pod. */
  readonly pods: Collection<Workload>
  /** Terms: `NAMESPACE/LABEL=VALUE`. */
  readonly podsByLabel: Index<Workload>
  readonly entriesByLabel: Index<Workload>
  /** Terms: `addressTerm`. */
  readonly podsByAddress: Index<Workload>
  readonly entriesByAddress: Index<Workload>
  /** By the key of a Node (`/NAME`). */
  readonly nodeLocalities: Collection<Locality>
  /** One item, key `mesh`: the network of everything that names none. */
  readonly network: Collection<string>
}

export function deriveWorkloads(graph: Graph, sources: Sources, mesh: MeshSource): Workloads {
  const network = graph.derive({
    name: 'network',
    from: mesh,
    reads: { namespaces: sources.Namespace },
    map: ({ rootNamespace }, _key, reads) =>
      reads.namespaces.get(`/${rootNamespace}`)?.metadata.labels['topology.istio.io/network'] ?? '',
  })
  const nodeLocalities = graph.derive({
    name: 'nodeLocalities',
    from: sources.Node,
    reads: {},
    map: node => localityOfNode(node.metadata.labels),
  })
  const pods = graph.derive({
    name: 'podWorkloads',
    from: sources.Pod,
    reads: { nodeLocalities, network },
    map(pod, _key, reads) {
      const node = pod.spec.nodeName ?? ''
      return workloadOfPod(pod, {
        locality: node === '' ? undefined : reads.nodeLocalities.get(`/${node}`),
        network: reads.network.get('mesh') ?? '',
      })
    },
  })
  const entries = graph.derive({
    name: 'entryWorkloads',
    from: sources.WorkloadEntry,
    reads: { network },
    map: (entry, _key, reads) => workloadOfEntry(entry, reads.network.get('mesh') ?? ''),
  })
  return {
    pods,
    podsByLabel: pods.index('label', labelTermsOf),
    entriesByLabel: entries.index('label', labelTermsOf),
    podsByAddress: pods.index('address', addressTermsOf),
    entriesByAddress: entries.index('address', addressTermsOf),
    nodeLocalities,
    network,
  }
}

const labelTermsOf = ({ namespace, labels }: Workload): readonly Key[] => labelTerms(namespace, labels)

const addressTermsOf = ({ namespace, addresses, sharesAddress }: Workload): readonly Key[] =>
  sharesAddress ? [] : addresses.map(address => addressTerm(namespace, address))
