/** The node that Envoy presents on xDS: who and where the workload is, in the words that Istio's control plane reads. */

import { istioVersion } from '../../platform/istio-version.ts'

export type InterceptionMode = 'REDIRECT' | 'TPROXY' | 'NONE'

export interface WorkloadFacts {
  readonly namespace: string
  readonly serviceAccount: string
  readonly workloadName: string
  /** At least one; the first one is the address in the node's id. */
  readonly ips: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly interceptionMode: InterceptionMode
  readonly clusterId: string
  /** Empty: the mesh's default network. */
  readonly network: string
  readonly locality: { readonly region: string; readonly zone: string; readonly subZone: string } | undefined
  /** It cannot bind ports below 1024. */
  readonly unprivileged: boolean
  /** Of this agent, as `MAJOR.MINOR.PATCH`. */
  readonly agentVersion: string
  /** More metadata, for keys that have no option; these win. */
  readonly extraMetadata: Readonly<Record<string, unknown>>
  /** How long Envoy lets connections go on that are to end; absent: not said. */
  readonly drainSeconds?: number
  /** Ports of Envoy's own static listeners, which no generated listener may take. */
  readonly healthPort: number | undefined
  readonly prometheusPort: number | undefined
}

/** `envoy.config.core.v3.Node` as proto JSON. Nothing in it is secret. */
export function nodeFor(facts: WorkloadFacts): Readonly<Record<string, unknown>> {
  const domain = `${facts.namespace}.svc.cluster.local`
  const application = facts.labels.app ?? facts.workloadName
  return {
    id: `sidecar~${facts.ips[0] ?? ''}~${facts.workloadName}.${facts.namespace}~${domain}`,
    cluster: `${application}.${facts.namespace}`,
    ...(facts.locality === undefined ? {} : { locality: localityOf(facts.locality) }),
    metadata: metadataFor(facts),
  }
}

function localityOf(locality: { region: string; zone: string; subZone: string }): Record<string, string> {
  return { region: locality.region, zone: locality.zone, sub_zone: locality.subZone }
}

function metadataFor(facts: WorkloadFacts): Record<string, unknown> {
  return {
    NAME: facts.workloadName,
    NAMESPACE: facts.namespace,
    SERVICE_ACCOUNT: facts.serviceAccount,
    WORKLOAD_NAME: facts.workloadName,
    INSTANCE_IPS: facts.ips.join(','),
    INTERCEPTION_MODE: facts.interceptionMode,
    LABELS: Object.fromEntries(Object.entries(facts.labels).sort(([a], [b]) => (a < b ? -1 : 1))),
    CLUSTER_ID: facts.clusterId,
    ...(facts.network === '' ? {} : { NETWORK: facts.network }),
    ISTIO_VERSION: istioVersion,
    MESHWRIGHT_VERSION: facts.agentVersion,
    ...(facts.drainSeconds === undefined ? {} : { PROXY_CONFIG: { drainDuration: `${facts.drainSeconds}s` } }),
    // Istio's booleans in metadata are texts.
    ...(facts.unprivileged ? { UNPRIVILEGED_POD: 'true' } : {}),
    ...(facts.healthPort === undefined ? {} : { ENVOY_STATUS_PORT: facts.healthPort }),
    ...(facts.prometheusPort === undefined ? {} : { ENVOY_PROMETHEUS_PORT: facts.prometheusPort }),
    ...facts.extraMetadata,
  }
}

/** Envoy takes whole seconds, and at least one. */
export function drainSecondsOf(drainMs: number): number {
  return Math.max(1, Math.ceil(drainMs / 1000))
}
