/** What a workload serves: which service ports lead to it, and what its Sidecar's ingress says. */

import { labelTerms, selects } from '../config/meaning/selector.ts'
import { byText } from '../config/meaning/seniority.ts'
import { addressTerm } from './address.ts'
import type { TrackedFacts } from './facts.ts'
import { type PortTarget, selectorOf, targetsAt } from './inbound-targets.ts'
import type { Protocol, ServiceKey } from './service.ts'

/** Everything of a proxy on which its inbound side depends. */
export interface WorkloadShape {
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly ipAddresses: readonly string[]
  readonly interceptionMode: 'REDIRECT' | 'TPROXY' | 'NONE'
}

export interface InboundTarget {
  readonly service: ServiceKey
  readonly servicePort: number
  /** Port on the workload. */
  readonly targetPort: number
  readonly protocol: Protocol
  readonly portName: string
}

/** One `ingress` entry of the Sidecar in force. */
export interface IngressListener {
  readonly port: { readonly number: number; readonly protocol: Protocol; readonly name: string }
  /** '' when not given: the workload's address. */
  readonly bind: string
  /** `127.0.0.1:P`, `0.0.0.0:P` (the workload's own address) or `unix://PATH`; '' when not given. */
  readonly defaultEndpoint: string
  readonly captureMode: 'DEFAULT' | 'IPTABLES' | 'NONE'
}

export type InboundReads = Pick<
  TrackedFacts,
  'podsByAddress' | 'entriesByAddress' | 'definitionsBySelector' | 'targetsByAddress' | 'services'
>

/** Each service port that leads to the workload, by target port, then the oldest service, then by service and its port. */
export function inboundTargetsOf(
  reads: InboundReads,
  shape: Pick<WorkloadShape, 'namespace' | 'ipAddresses'>,
): InboundTarget[] {
  const found = new Map<string, PortTarget>()
  for (const address of shape.ipAddresses) {
    for (const target of targetsFor(reads, shape.namespace, address)) {
      found.set(`${target.service}|${target.servicePort}|${target.targetPort}`, target)
    }
  }
  return [...found.values()]
    .flatMap(target => {
      const service = reads.services.get(target.service)
      const port = service?.ports.find(({ number }) => number === target.servicePort)
      // None: an object that defines the service too, but does not count (`services/merge.ts`).
      return service === undefined || port === undefined ? [] : [{ target, port, createdAt: service.createdAt }]
    })
    .sort(
      (a, b) =>
        a.target.targetPort - b.target.targetPort ||
        byText(a.createdAt, b.createdAt) ||
        byText(a.target.service, b.target.service) ||
        a.target.servicePort - b.target.servicePort,
    )
    .map(({ target, port }) => ({ ...target, protocol: port.protocol, portName: port.name }))
}

function targetsFor(reads: InboundReads, namespace: string, address: string): readonly PortTarget[] {
  const term = addressTerm(namespace, address)
  const workloads = [...reads.podsByAddress.lookup(term), ...reads.entriesByAddress.lookup(term)]
  const addressed = reads.targetsByAddress.lookup(term).flatMap(({ targets }) => targets)
  return [
    ...workloads.flatMap(workload =>
      labelTerms(namespace, workload.labels)
        .flatMap(pair => reads.definitionsBySelector.lookup(pair))
        .filter(({ endpoints }) => selects(selectorOf(endpoints), workload.labels))
        .flatMap(definition => targetsAt(workload, definition)),
    ),
    ...addressed.flatMap(item => (addressTerm(namespace, item.address) === term ? [item.target] : [])),
  ]
}
