/** Kubernetes Pod: a workload, its identity and its ports. */

import { bool, field, int32, list, optional, requiredText, structure, text, type Value } from '../schema/fields.ts'
import { isIpAddress, isPort } from './host-syntax.ts'
import { defineKind } from './kind.ts'

const containerPort = structure({
  name: field('The name by which a Service may mean the port.', optional(text(63))),
  containerPort: field('The number of the port.', int32()),
  protocol: field('`TCP`, `UDP` or `SCTP`.', optional(text(16)), { default: '`TCP`' }),
})

const container = structure({
  name: field('Unique within the pod.', requiredText(63)),
  ports: field('The ports that have names.', optional(list(containerPort, 1000))),
})

const spec = structure({
  serviceAccountName: field("The account whose identity the pod's certificate shows.", optional(text(253)), {
    default: '`default`',
  }),
  nodeName: field('The node that it runs on; gives the locality.', optional(text(253))),
  hostNetwork: field("Whether it has the node's addresses, which others may share.", optional(bool()), {
    default: 'false',
  }),
  hostname: field('The first label of its own DNS name, of which the mesh knows nothing.', optional(text(63))),
  subdomain: field('The second label of its own DNS name, of which the mesh knows nothing.', optional(text(63))),
  containers: field('What runs in it.', optional(list(container, 256))),
  initContainers: field('What runs before, and sidecars that run beside.', optional(list(container, 256))),
})

const condition = structure({
  type: field('Which condition: `Ready` is the one that is read.', requiredText(128)),
  status: field('`True`, `False` or `Unknown`.', requiredText(32)),
})

const status = structure({
  phase: field('`Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.', optional(text(32))),
  podIP: field('Its first address.', optional(text(64))),
  podIPs: field(
    'All of its addresses, one of a family.',
    optional(list(structure({ ip: field('The address.', requiredText(64)) }), 8)),
    { default: '`podIP`' },
  ),
  hostIP: field("The node's address; the mesh does not use it.", optional(text(64))),
  conditions: field('Of which the pod is ready when `Ready` is `True`.', optional(list(condition, 64))),
})

export type PodSpec = Value<typeof spec>
export type PodStatus = Value<typeof status>

export const pod = defineKind({
  name: 'Pod',
  description: 'A workload in Kubernetes: its identity, its ports, its address and whether it is ready.',
  plural: 'pods',
  shortNames: ['po'],
  group: '',
  versions: ['v1'],
  scope: 'namespaced',
  body: 'spec',
  spec,
  status,
  check({ spec, status }, report) {
    const address = status?.podIP ?? ''
    if (address !== '' && !isIpAddress(address)) report.error('status.podIP', `${address} is not an IP address`)
    for (const [index, { ip }] of (status?.podIPs ?? []).entries()) {
      if (!isIpAddress(ip)) report.error(`status.podIPs[${index}].ip`, `${ip} is not an IP address`)
    }
    for (const [index, container] of (spec.containers ?? []).entries()) {
      for (const [portIndex, port] of (container.ports ?? []).entries()) {
        if (isPort(port.containerPort)) continue
        report.error(
          `spec.containers[${index}].ports[${portIndex}].containerPort`,
          `${port.containerPort} is not a port`,
          'use 1 to 65535',
        )
      }
    }
  },
})
