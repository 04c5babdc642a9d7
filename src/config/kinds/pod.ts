/** Kubernetes Pod: a workload, its identity and its ports. */

import { bool, int32, list, optional, requiredText, structure, text, type Value } from '../schema/fields.ts'
import { isIpAddress, isPort } from './host-syntax.ts'
import { defineKind } from './kind.ts'

const container = structure({
  name: requiredText(63),
  ports: optional(
    list(structure({ name: optional(text(63)), containerPort: int32(), protocol: optional(text(16)) }), 1000),
  ),
})

const spec = structure({
  serviceAccountName: optional(text(253)),
  nodeName: optional(text(253)),
  hostNetwork: optional(bool()),
  hostname: optional(text(63)),
  subdomain: optional(text(63)),
  containers: optional(list(container, 256)),
  initContainers: optional(list(container, 256)),
})

const status = structure({
  /** Pending, Running, Succeeded, Failed or Unknown. */
  phase: optional(text(32)),
  podIP: optional(text(64)),
  podIPs: optional(list(structure({ ip: requiredText(64) }), 8)),
  hostIP: optional(text(64)),
  conditions: optional(list(structure({ type: requiredText(128), status: requiredText(32) }), 64)),
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
