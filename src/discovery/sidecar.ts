/** The Sidecar in force for a workload, and what follows from it. */

import type { SidecarSpec } from '../config/kinds/sidecar.ts'
import { isEmptySelector, selects } from '../config/meaning/selector.ts'
import { bySeniority } from '../config/meaning/seniority.ts'
import { type ConfigObject, objectKey } from '../config/object.ts'
import type { TrackedFacts } from './facts.ts'
import type { IngressListener } from './inbound.ts'
import type { PolicySubject } from './peer-authentication.ts'
import { protocolOf } from './protocol.ts'
import type { ScopeRequest } from './scope.ts'
import { meshOf } from './sources.ts'

type Reads = Pick<TrackedFacts, 'mesh' | 'sidecars'>

/**
 * One of the namespace that selects the workload, else one of the namespace without selector, else one of the root
 * namespace without selector; of several alike the oldest.
 */
export function sidecarFor(reads: Reads, { namespace, labels }: PolicySubject): ConfigObject<SidecarSpec> | undefined {
  const own = [...reads.sidecars.lookup(namespace)].sort(bySeniority)
  return (
    own.find(sidecar => !isDefault(sidecar) && selects(sidecar.spec.workloadSelector?.labels, labels)) ??
    own.find(isDefault) ??
    [...reads.sidecars.lookup(meshOf(reads).rootNamespace)].sort(bySeniority).find(isDefault)
  )
}

/** The outbound scope of a workload: what to put into `scopeRequests`, under `scopeKeyOf`. */
export function scopeRequestFor(reads: Reads, subject: PolicySubject): ScopeRequest {
  const sidecar = sidecarFor(reads, subject)
  return sidecar === undefined
    ? { namespace: subject.namespace }
    : { namespace: subject.namespace, sidecar: objectKey(sidecar) }
}

/** In the Sidecar's order; undefined when no Sidecar says anything about inbound traffic. */
export function ingressListenersOf(reads: Reads, subject: PolicySubject): IngressListener[] | undefined {
  const ingress = sidecarFor(reads, subject)?.spec.ingress ?? []
  if (ingress.length === 0) return undefined
  return ingress.map(({ port, bind, defaultEndpoint, captureMode }) => ({
    port: {
      number: port.number ?? 0,
      protocol: protocolOf({ appProtocol: port.protocol, name: port.name, number: port.number }),
      name: port.name ?? '',
    },
    bind: bind ?? '',
    defaultEndpoint: defaultEndpoint ?? '',
    captureMode: captureMode ?? 'DEFAULT',
  }))
}

function isDefault(sidecar: ConfigObject<SidecarSpec>): boolean {
  return isEmptySelector(sidecar.spec.workloadSelector?.labels)
}
