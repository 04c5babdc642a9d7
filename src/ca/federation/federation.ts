/**
 * Other trust domains: brings their roots into the trust, from where they reach every agent and Envoy. What was good stays
 * there, also over restarts, until there is something better or the settings no longer name the trust domain.
 *
 *   PEM file ────┐
 *   endpoint ────┴▶ federation ─▶ trust store ─▶ agents ─▶ Envoy's validators
 */

import type { Clock } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import { createGuardedFetch } from '../../platform/guarded-fetch.ts'
import type { Log } from '../../platform/log.ts'
import type { FederatedTrustDomain, FederationSettings } from '../settings/federation.ts'
import type { TrustStore } from '../trust/trust-state.ts'
import type { BundleSource, BundleSourceStatus } from './bundle-source.ts'
import { createEndpointSource } from './endpoint-source.ts'
import { createFileSource } from './file-source.ts'
import { requireUsableFederation } from './usable-federation.ts'

export interface Federation {
  /** Resolves when trust domains that the settings no longer name are out of the trust. */
  start(): Promise<void>
  stop(): void
  /** In the order of the settings. */
  status(): readonly FederatedDomainStatus[]
  metrics(): FederationMetrics
}

export interface FederationMetrics {
  /** Trust domains in the settings; those of them whose roots are in force; tries that gave none, since the start. */
  meshwright_ca_federated_trust_domains: number
  meshwright_ca_federated_trust_domains_with_roots: number
  meshwright_ca_federation_failures: number
}

export interface FederatedDomainStatus extends BundleSourceStatus {
  readonly trustDomain: string
  /** Concatenated PEM of the roots in force; undefined: none yet, so nobody of it is admitted. */
  readonly rootsPem: string | undefined
}

export interface FederationOptions {
  readonly settings: FederationSettings
  readonly trustDomain: string
  readonly trust: TrustStore
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly log: Log
}

/** Throws `CA_SETTINGS_INVALID`. */
export function createFederation(options: FederationOptions): Federation {
  const { settings, trust, log } = options
  requireUsableFederation(settings, options.trustDomain)
  const held = (trustDomain: string): string | undefined =>
    trust.current().federated.find(bundle => bundle.trustDomain === trustDomain)?.rootsPem
  const sources = (settings.trustDomains ?? []).map(each => sourceOf(each, options, () => held(each.trustDomain)))

  const take = (trustDomain: string, rootsPem: string): void => {
    if (held(trustDomain) === rootsPem) return
    trust
      .change(content => ({
        ...content,
        federated: [
          ...content.federated.filter(bundle => bundle.trustDomain !== trustDomain),
          { trustDomain, rootsPem },
        ],
      }))
      .then(() => log.info({ trustDomain }, 'roots of another trust domain taken over'))
      .catch((thrown: unknown) => log.error({ trustDomain, err: errorFrom(thrown) }, 'trust not changed'))
  }
  return {
    async start() {
      const named = new Set(sources.map(({ trustDomain }) => trustDomain))
      await trust.change(content => ({
        ...content,
        federated: content.federated.filter(({ trustDomain }) => named.has(trustDomain)),
      }))
      for (const source of sources) source.start(rootsPem => take(source.trustDomain, rootsPem))
    },
    stop() {
      for (const source of sources) source.stop()
    },
    status: () =>
      sources.map(source => ({
        trustDomain: source.trustDomain,
        rootsPem: held(source.trustDomain),
        ...source.status(),
      })),
    metrics: () => ({
      meshwright_ca_federated_trust_domains: sources.length,
      meshwright_ca_federated_trust_domains_with_roots: trust.current().federated.length,
      meshwright_ca_federation_failures: sources.reduce((sum, source) => sum + source.status().failures, 0),
    }),
  }
}

function sourceOf(
  { trustDomain, rootsFile, bundleEndpoint: endpoint }: FederatedTrustDomain,
  { settings, clock, random, log }: FederationOptions,
  held: () => string | undefined,
): BundleSource {
  if (endpoint === undefined) return createFileSource({ trustDomain, file: rootsFile ?? '', clock, log })
  const fetch = createGuardedFetch({
    allow: settings.allowAddresses ?? [],
    refuse: settings.refuseAddresses ?? [],
    clock,
  })
  return createEndpointSource({ trustDomain, endpoint, held, fetch, clock, random, log })
}
