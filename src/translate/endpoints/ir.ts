/** What one ClusterLoadAssignment says. */

import type { Endpoint, Locality } from '../../discovery/endpoint.ts'

export interface AssignmentIr {
  readonly kind: 'endpoints'
  /** The cluster's name, which is the resource's. */
  readonly cluster: string
  /** Sorted by locality; endpoints in the order of the facts. */
  readonly localities: readonly LocalityIr[]
}

export interface LocalityIr {
  /** Undefined: unknown. */
  readonly locality: Locality | undefined
  readonly endpoints: readonly EndpointIr[]
}

/** Interned by content (`endpointIr`), so that comparing, hashing and encoding a long list costs a look-up per endpoint. */
export interface EndpointIr {
  readonly address: string
  readonly port: number
  readonly health: Endpoint['health']
  readonly weight: number
  /** `istio`: the client speaks mutual TLS to it. */
  readonly tlsMode: Endpoint['tlsMode']
  /** `NAME;NAMESPACE;CANONICAL-NAME;CANONICAL-REVISION;CLUSTER`, as Istio's telemetry reads it; '' of a gateway. */
  readonly workload: string
  /** Digests of its revoked certificates, with commas between; '' as good as always. */
  readonly revoked: string
}

export function endpointIr(endpoint: Endpoint, tlsMode: Endpoint['tlsMode'], revoked = ''): EndpointIr {
  const { address, port, health, weight } = endpoint
  return interned({ address, port, health, weight, tlsMode, workload: workloadLabel(endpoint), revoked })
}

/** The gateway of another network, in place of the endpoints there. */
export function gatewayIr(address: string, port: number, weight: number): EndpointIr {
  return interned({ address, port, health: 'healthy', weight, tlsMode: 'istio', workload: '', revoked: '' })
}

function interned({ address, port, health, weight, tlsMode, workload, revoked }: EndpointIr): EndpointIr {
  const key = `${address}|${port}|${health}|${weight}|${tlsMode}|${workload}|${revoked}`
  let ir = recent.get(key)
  if (ir !== undefined) return ir
  ir = older.get(key) ?? Object.freeze({ address, port, health, weight, tlsMode, workload, revoked })
  recent.set(key, ir)
  if (recent.size >= generationSize) {
    older = recent
    recent = new Map()
  }
  return ir
}

/** Two generations: what has not been asked for during a whole generation is forgotten. */
const generationSize = 100_000
let recent = new Map<string, EndpointIr>()
let older: ReadonlyMap<string, EndpointIr> = new Map()

function workloadLabel({ workloadName, namespace, labels, cluster }: Endpoint): string {
  const name =
    labels['service.istio.io/canonical-name'] ?? labels['app.kubernetes.io/name'] ?? labels.app ?? workloadName
  const revision =
    labels['service.istio.io/canonical-revision'] ?? labels['app.kubernetes.io/version'] ?? labels.version ?? 'latest'
  return `${workloadName};${namespace};${name};${revision};${cluster}`
}
