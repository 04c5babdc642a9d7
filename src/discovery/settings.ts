/** What the daemon knows beside the configuration objects, for as long as it runs. */

export interface DiscoverySettings {
  /** The DNS domain of cluster services: `NAME.NAMESPACE.svc.DOMAIN`. */
  readonly domain: string
  /** The id of the cluster (or fleet) whose objects these are. */
  readonly clusterId: string
}

export const defaultSettings: DiscoverySettings = Object.freeze({ domain: 'cluster.local', clusterId: 'Kubernetes' })
