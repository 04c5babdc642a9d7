/** What the daemon knows beside the configuration objects, for as long as it runs. */

export interface DiscoverySettings {
  /** The DNS domain of cluster services: `NAME.NAMESPACE.svc.DOMAIN`. */
  readonly domain: string
  /** The id of the cluster (or fleet) whose objects these are. */
  readonly clusterId: string
  /** `owner`: who may say for everybody what a host does is its namespace's to decide. `anybody`: as Istio has it. */
  readonly hostOwnership: HostOwnership
}

export const hostOwnerships = ['owner', 'anybody'] as const
export type HostOwnership = (typeof hostOwnerships)[number]

export const defaultSettings: DiscoverySettings = Object.freeze({
  domain: 'cluster.local',
  clusterId: 'Kubernetes',
  hostOwnership: 'owner',
})
