/** Pods as workloads. */

import type { ObjectOf } from '../../config/kinds/catalogue.ts'
import type { Labels } from '../../config/meaning/selector.ts'
import type { Locality } from '../endpoint.ts'
import { localityOfLabels, withLocality } from '../locality.ts'
import type { Workload } from '../workload.ts'

/** What the pod's surroundings say about it. */
export interface PodPlace {
  readonly locality: Locality | undefined
  /** Of an address. */
  networkOf(address: string): string
}

/** Undefined while a pod has no address, and when it has ended. */
export function workloadOfPod(pod: ObjectOf<'Pod'>, place: PodPlace): Workload | undefined {
  const addresses = addressesOf(pod)
  if (addresses.length === 0 || !isLive(pod)) return undefined
  const { labels, namespace } = pod.metadata
  const locality = localityOfLabels(labels) ?? place.locality
  return Object.freeze<Workload>({
    kind: 'Pod',
    namespace,
    name: pod.metadata.name,
    workloadName: ownerName(pod.metadata.name, labels),
    addresses,
    sharesAddress: pod.spec.hostNetwork === true,
    labels,
    serviceAccount: pod.spec.serviceAccountName ?? 'default',
    tlsMode: labels['security.istio.io/tlsMode'] === 'istio' ? 'istio' : 'disabled',
    health: isReady(pod) ? 'healthy' : 'unhealthy',
    ...withLocality(locality),
    network: labels['topology.istio.io/network'] ?? place.networkOf(addresses[0] ?? ''),
    weight: 1,
    ports: portsOf(pod),
  })
}

function addressesOf(pod: ObjectOf<'Pod'>): readonly string[] {
  const primary = pod.status?.podIP ?? ''
  const all = (pod.status?.podIPs ?? []).map(({ ip }) => ip)
  return primary === '' || all.includes(primary) ? all : [primary, ...all]
}

function isLive(pod: ObjectOf<'Pod'>): boolean {
  const phase = pod.status?.phase ?? 'Running'
  return phase === 'Running' || phase === 'Pending'
}

/** A pod without conditions (one written by hand) counts as ready once it runs. */
function isReady(pod: ObjectOf<'Pod'>): boolean {
  const ready = pod.status?.conditions?.find(condition => condition.type === 'Ready')
  return ready === undefined ? (pod.status?.phase ?? 'Running') === 'Running' : ready.status === 'True'
}

function portsOf(pod: ObjectOf<'Pod'>): Readonly<Record<string, number>> {
  let ports: Record<string, number> | undefined
  for (const container of [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])]) {
    for (const port of container.ports ?? []) {
      if (port.name === undefined || port.name === '') continue
      ports ??= {}
      ports[port.name] ??= port.containerPort
    }
  }
  return ports ?? noPorts
}

const noPorts: Readonly<Record<string, number>> = Object.freeze({})

/** `web-5d8c7f9d4b-x2x4k` belongs to `web` when its label names that template hash. */
function ownerName(name: string, labels: Labels): string {
  const hash = labels['pod-template-hash'] ?? ''
  const at = hash === '' ? -1 : name.lastIndexOf(`-${hash}-`)
  return at > 0 ? name.slice(0, at) : name
}
