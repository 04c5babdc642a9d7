/** The agent's own metrics, under the names that dashboards for Istio's agent use. */

import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export interface AgentMetrics {
  readonly registry: Registry
  /** Requests to the certificate authority. */
  readonly outgoingRequests: Counter<'request_type'>
  readonly failedOutgoingRequests: Counter<'request_type'>
  readonly outgoingRetries: Counter<'request_type'>
  /** Milliseconds. */
  readonly outgoingLatency: Histogram<'request_type'>
  /** Seconds until the end of a certificate, negative once it is over; computed when it is read. */
  setCertificateExpiry(resourceName: string, notAfterMs: () => number | undefined): void
  readonly fileSecretFailures: Counter
  readonly daemonConnectionFailures: Counter
  readonly daemonConnectionTerminations: Counter
  readonly envoyConnectionTerminations: Counter
  readonly xdsRequests: Counter
  readonly xdsResponses: Counter
  readonly scrapeFailures: Counter<'type'>
  readonly envoyRestarts: Counter
  /** Answers to Envoy from the disk instead of from the daemon. */
  readonly offlineResponses: Counter
  /** Checkpoints of the authority's log that do not go with what was seen of it. Alert on any. */
  readonly logAlarms: Counter<'kind'>
}

export function createAgentMetrics(nowMs: () => number): AgentMetrics {
  const registry = new Registry()
  const registers = [registry]
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers })
  const byRequest = { labelNames: ['request_type'] as const, registers }
  const expiries = new Map<string, () => number | undefined>()
  new Gauge({
    name: 'cert_expiry_seconds',
    help: 'Seconds until the certificate ends',
    labelNames: ['resource_name'],
    registers,
    collect() {
      this.reset()
      for (const [resourceName, notAfterMs] of expiries) {
        const endMs = notAfterMs()
        if (endMs !== undefined) this.set({ resource_name: resourceName }, Math.round((endMs - nowMs()) / 1000))
      }
    },
  })
  return {
    registry,
    outgoingRequests: new Counter({ name: 'num_outgoing_requests', help: 'Requests to the authority', ...byRequest }),
    failedOutgoingRequests: new Counter({
      name: 'num_failed_outgoing_requests',
      help: 'Requests to the authority that failed',
      ...byRequest,
    }),
    outgoingRetries: new Counter({
      name: 'num_outgoing_retries',
      help: 'Requests that were tried again',
      ...byRequest,
    }),
    outgoingLatency: new Histogram({
      name: 'outgoing_latency',
      help: 'Milliseconds that the authority took to answer',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000],
      ...byRequest,
    }),
    setCertificateExpiry: (resourceName, notAfterMs) => expiries.set(resourceName, notAfterMs),
    fileSecretFailures: counter(
      'num_file_secret_failures_total',
      'Times that a file of certificates could not be used',
    ),
    daemonConnectionFailures: counter('istiod_connection_failures', 'xDS connections to the daemon that failed'),
    daemonConnectionTerminations: counter('istiod_connection_terminations', 'xDS connections to the daemon that ended'),
    envoyConnectionTerminations: counter('envoy_connection_terminations', 'xDS connections of Envoy that ended'),
    xdsRequests: counter('xds_proxy_requests', 'xDS requests of Envoy that were passed on'),
    xdsResponses: counter('xds_proxy_responses', 'xDS responses of the daemon that were passed on'),
    scrapeFailures: new Counter({
      name: 'scrape_failures_total',
      help: 'Metrics that could not be fetched',
      labelNames: ['type'],
      registers,
    }),
    envoyRestarts: counter('envoy_restarts_total', 'Times that Envoy was started again after it died'),
    offlineResponses: counter(
      'xds_proxy_offline_responses',
      'Answers to Envoy from the last good configuration on disk',
    ),
    logAlarms: new Counter({
      name: 'authority_log_alarms_total',
      help: "Checkpoints of the authority's log that do not go with what was seen of it",
      labelNames: ['kind'],
      registers,
    }),
  }
}
