/**
 * The fact `workloads`, by WorkloadKey:
 *
 *   Pod ── node localities, network ──▶ podWorkloads ──┐
 *   WorkloadEntry ── network ──▶ entryWorkloads ───────┴▶ workloads
 */

import type { Collection, Graph, Index } from '../../graph/graph.ts'
import type { Locality } from '../endpoint.ts'
import { localityOfNode } from '../locality.ts'
import { labelTerms } from '../selector.ts'
import type { MeshSource, Sources } from '../sources.ts'
import { podKey, type Workload } from '../workload.ts'
import { workloadOfPod } from './pod.ts'
import { workloadOfEntry } from './workload-entry.ts'

export interface Workloads {
  /** By WorkloadKey. */
  readonly all: Collection<Workload>
  /** Term: `NAMESPACE/LABEL=VALUE`. */
  readonly byLabel: Index<Workload>
  /** WorkloadEntries only. Term as above. */
  readonly entriesByLabel: Index<Workload>
  /** Pods only. Term: `NAMESPACE/IP`. */
  readonly podsByAddress: Index<Workload>
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
  const pods = graph.deriveMany({
    name: 'podWorkloads',
    from: sources.Pod,
    reads: { nodeLocalities, network },
    map(pod, _key, reads) {
      const node = pod.spec.nodeName ?? ''
      const place = {
        locality: node === '' ? undefined : reads.nodeLocalities.get(`/${node}`),
        network: reads.network.get('mesh') ?? '',
      }
      const workload = workloadOfPod(pod, place)
      return workload === undefined ? [] : [[podKey(pod.metadata.namespace, pod.metadata.name), workload]]
    },
  })
  const entries = graph.deriveMany({
    name: 'entryWorkloads',
    from: sources.WorkloadEntry,
    reads: { network },
    map(entry, key, reads) {
      const workload = workloadOfEntry(entry, reads.network.get('mesh') ?? '')
      return workload === undefined ? [] : [[`WorkloadEntry/${key}`, workload]]
    },
  })
  const all = graph.union('workloads', [pods, entries])
  return {
    all,
    byLabel: all.index('label', workload => labelTerms(workload.namespace, workload.labels)),
    entriesByLabel: entries.index('label', workload => labelTerms(workload.namespace, workload.labels)),
    podsByAddress: pods.index('address', workload =>
      workload.sharesAddress ? [] : workload.addresses.map(address => `${workload.namespace}/${address}`),
    ),
    nodeLocalities,
    network,
  }
}
