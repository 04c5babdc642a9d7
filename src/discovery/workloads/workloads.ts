/**
 * The workloads of the mesh, by the key of their object:
 *
 *   Pod ── node localities, networks ──▶ podWorkloads
 *   WorkloadEntry ── networks ──▶ entryWorkloads
 */

import { labelTerms } from '../../config/meaning/selector.ts'
import type { Collection, Graph, Index, Key } from '../../graph/graph.ts'
import { addressTerm } from '../address.ts'
import type { Locality } from '../endpoint.ts'
import { localityOfNode } from '../locality.ts'
import { type Networks, networkAt } from '../networks.ts'
import type { Sources } from '../sources.ts'
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
}

export function deriveWorkloads(graph: Graph, sources: Sources, placement: Networks['placement']): Workloads {
  const nodeLocalities = graph.derive({
    name: 'nodeLocalities',
    from: sources.Node,
    reads: {},
    map: node => localityOfNode(node.metadata.labels),
  })
  const pods = graph.derive({
    name: 'podWorkloads',
    from: sources.Pod,
    reads: { nodeLocalities, placement },
    map(pod, _key, reads) {
      const node = pod.spec.nodeName ?? ''
      return workloadOfPod(pod, {
        locality: node === '' ? undefined : reads.nodeLocalities.get(`/${node}`),
        networkOf: address => networkAt(reads.placement, address),
      })
    },
  })
  const entries = graph.derive({
    name: 'entryWorkloads',
    from: sources.WorkloadEntry,
    reads: { placement },
    map: (entry, _key, reads) => workloadOfEntry(entry, address => networkAt(reads.placement, address)),
  })
  return {
    pods,
    podsByLabel: pods.index('label', labelTermsOf),
    entriesByLabel: entries.index('label', labelTermsOf),
    podsByAddress: pods.index('address', addressTermsOf),
    entriesByAddress: entries.index('address', addressTermsOf),
    nodeLocalities,
  }
}

const labelTermsOf = ({ namespace, labels }: Workload): readonly Key[] => labelTerms(namespace, labels)

const addressTermsOf = ({ namespace, addresses, sharesAddress }: Workload): readonly Key[] =>
  sharesAddress ? [] : addresses.map(address => addressTerm(namespace, address))
