/** The daemon's numbers in Prometheus text, under the names that dashboards for Istio know, and our own for what only we have. */

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { CaMetrics } from '../ca/metrics.ts'
import type { GrpcServerStats } from '../grpc/server.ts'
import { shortTypeOf } from '../platform/resource-types.ts'
import type { AdsStats } from '../xds/ads-server.ts'
import { createStoreMetrics, type StoreMetricSources, type StoreMetrics } from './intake/store-metrics.ts'
import {
  type AuthorityOfMetrics,
  createRevocationMetrics,
  type RevocationMetrics,
} from './revocation/revocation-metrics.ts'

export interface MetricSources {
  readonly version: string
  readonly uptimeSeconds: () => number
  readonly ca: () => CaMetrics
  readonly xds: () => AdsStats
  readonly connectedProxies: () => number
  readonly services: () => number
  readonly configuration: () => { readonly inForce: number; readonly refused: number; readonly refusedSettings: number }
  readonly facets: () => ReadonlyMap<string, number>
  /** Resources held back at an earlier version for some proxies. */
  readonly quarantined: () => number
  readonly authority: AuthorityOfMetrics
  readonly grpc: () => GrpcServerStats
  readonly store: StoreMetricSources
}

export interface Metrics {
  /** Counts a refused response. */
  rejected(typeUrl: string): void
  /** Counts a refusal that was traced to an object of this kind; `unknown` to none. */
  nackTraced(kind: string): void
  /** Counts a refused resource that an object of security is to blame for. */
  securityRefused(kind: string): void
  /** Counts an accepted one. */
  pushed(typeUrl: string): void
  committed(ms: number, failures: number): void
  readonly revocation: RevocationMetrics
  readonly store: StoreMetrics
  text(): Promise<string>
}

const rejectNames: Readonly<Record<string, string>> = {
  clusters: 'cds',
  endpoints: 'eds',
  listeners: 'lds',
  routes: 'rds',
}

export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value())
      },
    })
  }
  const counter = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ): Counter<Label> => new Counter({ name, help, labelNames, registers: [registry] })

  new Gauge({
    name: 'pilot_info',
    help: 'Version of the control plane',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version: sources.version }, 1)
  gauge('istiod_uptime_seconds', 'Seconds since the start', sources.uptimeSeconds)
  gauge('pilot_xds', 'Connected xDS clients', sources.connectedProxies)
  gauge('pilot_services', 'Services known', sources.services)
  // One look for all the gauges of a scrape, which are read in one turn.
  let numbers: CaMetrics | undefined
  const ca = (): CaMetrics => {
    if (numbers === undefined)
      queueMicrotask(() => {
        numbers = undefined
      })
    numbers ??= sources.ca()
    return numbers
  }
  for (const name of Object.keys(sources.ca()) as (keyof CaMetrics)[]) {
    gauge(name, `Certificate authority: ${name.replace('citadel_server_', '').replaceAll('_', ' ')}`, () => ca()[name])
  }
  for (const name of Object.keys(sources.xds()) as (keyof AdsStats)[]) {
    const metric = `meshwright_xds_${name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)}_total`
    gauge(metric, `xDS server: ${name}`, () => sources.xds()[name])
  }
  gauge('pilot_xds_expired_nonce', 'Requests with a nonce that is no longer the last', () => sources.xds().staleNonces)
  gauge('meshwright_grpc_connections', 'Open gRPC connections', () => sources.grpc().connections)
  gauge('meshwright_grpc_streams', 'Open gRPC streams', () => sources.grpc().streams)
  gauge(
    'meshwright_grpc_refused_connections_total',
    'Connections refused before a call',
    () => sources.grpc().refusedConnections,
  )
  gauge(
    'meshwright_grpc_shed_connections_total',
    'Connections turned away for want of room: too many, or too many TLS handshakes at once',
    () => sources.grpc().shedConnections,
  )
  gauge('meshwright_grpc_handshakes', 'TLS handshakes under way', () => sources.grpc().handshakes)
  new Gauge({
    name: 'meshwright_facets',
    help: 'Facets in use: groups of proxies that share every byte of a kind',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [kind, count] of sources.facets()) this.set({ kind }, count)
    },
  })
  // Counted apart: a labelled counter costs more than the rest of an acknowledgement, of which a joining proxy sends six.
  const accepted = new Map<string, number>()
  new Counter({
    name: 'pilot_xds_pushes',
    help: 'Responses accepted by clients',
    labelNames: ['type'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [typeUrl, count] of accepted) this.inc({ type: shortTypeOf(typeUrl) }, count)
    },
  })
  const rejects = counter('pilot_total_xds_rejects', 'Responses refused by clients', ['type'])
  const rejectsByType = new Map(
    Object.entries(rejectNames).map(([type, name]) => [
      type,
      counter(`pilot_xds_${name}_reject`, `Refused ${type} responses`),
    ]),
  )
  gauge(
    'meshwright_quarantined_resources',
    'Resources held back at their last good version for the proxies that refuse them',
    sources.quarantined,
  )
  const traced = counter('meshwright_nacks_traced_total', 'Refused resources by the kind of object to blame', ['kind'])
  const securityRefusals = counter(
    'meshwright_security_refusals_total',
    'Refused resources that an object of security is to blame for; they stay in force',
    ['kind'],
  )
  const commits = counter('meshwright_commits_total', 'Changes of the configuration taken in')
  const commitSeconds = counter('meshwright_commit_seconds_total', 'Time spent taking them in')
  const failures = counter('meshwright_derivation_failures_total', 'Derivations that failed and kept their last output')
  new Gauge({
    name: 'meshwright_config_objects',
    help: 'Objects by state',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { inForce, refused } = sources.configuration()
      this.set({ state: 'in_force' }, inForce)
      this.set({ state: 'refused' }, refused)
    },
  })
  new Gauge({
    name: 'meshwright_config_settings_refused',
    help: 'Files of settings of which the last good version is in force',
    registers: [registry],
    collect() {
      this.set(sources.configuration().refusedSettings)
    },
  })

  return {
    rejected(typeUrl) {
      const type = shortTypeOf(typeUrl)
      rejects.inc({ type })
      rejectsByType.get(type)?.inc()
    },
    nackTraced: kind => traced.inc({ kind }),
    securityRefused: kind => securityRefusals.inc({ kind }),
    pushed: typeUrl => void accepted.set(typeUrl, (accepted.get(typeUrl) ?? 0) + 1),
    committed(ms, failed) {
      commits.inc()
      commitSeconds.inc(ms / 1000)
      failures.inc(failed)
    },
    revocation: createRevocationMetrics(registry, sources.authority),
    store: createStoreMetrics(registry, sources.store),
    text: () => registry.metrics(),
  }
}
