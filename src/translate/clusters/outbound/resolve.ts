/** Facts → one outbound cluster. */

import { durationMs } from '../../../config/duration.ts'
import type { ConnectionPool } from '../../../config/kinds/connection-pool.ts'
import type { OutlierDetection } from '../../../config/kinds/outlier-detection.ts'
import type { MeshConfig } from '../../../config/mesh-config.ts'
import type { TrackedFacts } from '../../../discovery/facts.ts'
import type { MeshService, Protocol } from '../../../discovery/service.ts'
import { meshOf } from '../../../discovery/sources.ts'
import { tlsModeChooser } from '../../endpoints/mutual-tls.ts'
import { localitiesOf, selected } from '../../endpoints/resolve.ts'
import type { OutboundSeed } from '../../outbound-names.ts'
import { type EffectivePolicy, effectivePolicy } from '../../traffic-policy.ts'
import type { LimitsIr } from '../circuit-breakers.ts'
import { type HttpIr, upstreamHttpOf } from '../http-protocol.ts'
import { resolveClientTls } from './client-tls.ts'
import type { AddressFamily, DiscoveryIr, OutboundClusterIr, OutlierDetectionIr } from './ir.ts'
import { resolveLoadBalancing } from './load-balancing.ts'

export function resolveOutboundCluster(
  family: AddressFamily,
  name: string,
  seed: OutboundSeed,
  facts: TrackedFacts,
): OutboundClusterIr | undefined {
  const service = facts.services.get(seed.service)
  const port = service?.ports.find(({ number }) => number === seed.port)
  if (service === undefined || port === undefined) return undefined
  const mesh = meshOf(facts)
  const { rule } = seed
  const subset = rule?.subsets.find(candidate => candidate.name === seed.subset)
  const policy = effectivePolicy(seed.port, [rule?.trafficPolicy, subset?.trafficPolicy])
  const loadBalancing = resolveLoadBalancing(policy.loadBalancer)
  const discovery = resolveDiscovery(
    loadBalancing.kind === 'cluster-provided' ? { ...service, resolution: 'passthrough' } : service,
    { family, name, seed, facts, mesh },
  )
  const http = resolveHttp(port.protocol, policy.connectionPool, mesh)
  const tls = resolveClientTls(policy.tls, {
    facts,
    mesh,
    service,
    port: seed.port,
    subset: seed.subset,
    http,
    endpoints: discovery.kind === 'original-destination' ? 'unknown' : 'known',
  })
  return {
    kind: 'outbound-cluster',
    name,
    service: { host: service.hostname, name: service.name, namespace: service.namespace },
    port: seed.port,
    subset: seed.subset,
    discovery,
    connectTimeoutMs: durationMs(policy.connectionPool?.tcp?.connectTimeout ?? mesh.connectTimeout),
    limits: limitsOf(policy.connectionPool),
    ...keepaliveOf(policy.connectionPool),
    loadBalancing: discovery.kind === 'original-destination' ? { kind: 'cluster-provided' } : loadBalancing,
    ...outlierDetectionOf(policy.outlierDetection),
    panicThreshold: policy.outlierDetection?.minHealthPercent ?? 0,
    ...(http === undefined ? {} : { http: withTlsNames(http, policy) }),
    tls,
  }
}

interface DiscoveryContext {
  readonly family: AddressFamily
  readonly name: string
  readonly seed: OutboundSeed
  readonly facts: TrackedFacts
  readonly mesh: MeshConfig
}

function resolveDiscovery(service: MeshService, context: DiscoveryContext): DiscoveryIr {
  const { family, name, seed, facts, mesh } = context
  switch (service.resolution) {
    case 'eds':
      return { kind: 'eds' }
    case 'passthrough':
      return { kind: 'original-destination' }
    case 'dns':
    case 'dns-round-robin': {
      const labels = seed.rule?.subsets.find(candidate => candidate.name === seed.subset)?.labels ?? {}
      const endpoints = selected(facts.endpoints.get(seed.service)?.ports.get(seed.port) ?? [], labels)
      return {
        kind: 'dns',
        endpoints: {
          kind: 'endpoints',
          cluster: name,
          localities: localitiesOf(endpoints, { tlsModeOf: tlsModeChooser(facts, seed) }),
        },
        // Envoy refuses `any` with more or fewer endpoints than one.
        addresses: service.resolution === 'dns-round-robin' && endpoints.length === 1 ? 'any' : 'each',
        family,
        refreshMs: durationMs(mesh.dnsRefreshRate),
      }
    }
  }
}

function resolveHttp(protocol: Protocol, pool: ConnectionPool | undefined, mesh: MeshConfig): HttpIr | undefined {
  let upstream = upstreamHttpOf(protocol)
  if (upstream === undefined) return undefined
  const http = pool?.http
  if (upstream === 'http1' && http?.useClientProtocol === true) upstream = 'downstream'
  else if (upstream === 'http1' && upgrades(http?.h2UpgradePolicy, mesh)) upstream = 'http2'
  const requests = http?.maxRequestsPerConnection ?? 0
  const streams = http?.maxConcurrentStreams ?? 0
  return {
    upstream,
    ...(http?.idleTimeout === undefined ? {} : { idleTimeoutMs: durationMs(http.idleTimeout) }),
    ...(requests === 0 ? {} : { maxRequestsPerConnection: requests }),
    ...(streams === 0 ? {} : { maxConcurrentStreams: streams }),
  }
}

function upgrades(policy: 'DEFAULT' | 'DO_NOT_UPGRADE' | 'UPGRADE' | undefined, mesh: MeshConfig): boolean {
  if (policy === undefined || policy === 'DEFAULT') return mesh.h2UpgradePolicy === 'UPGRADE'
  return policy === 'UPGRADE'
}

/** A client that originates TLS and is told no name uses the one that the request asks for. */
function withTlsNames(http: HttpIr, { tls }: EffectivePolicy): HttpIr {
  const originates = tls?.mode === 'SIMPLE' || tls?.mode === 'MUTUAL'
  const named = (tls?.sni ?? '') !== '' || (tls?.subjectAltNames ?? []).length > 0
  if (!originates || named || tls?.insecureSkipVerify === true) return http
  return { ...http, tlsNames: 'from-authority' }
}

function limitsOf(pool: ConnectionPool | undefined): LimitsIr {
  // 0 means unset, as in every proto3 number.
  const set = <Key extends keyof LimitsIr>(key: Key, limit: number | undefined) =>
    limit === undefined || limit === 0 ? {} : { [key]: limit }
  return {
    ...set('maxConnections', pool?.tcp?.maxConnections),
    ...set('maxPendingRequests', pool?.http?.http1MaxPendingRequests),
    ...set('maxRequests', pool?.http?.http2MaxRequests),
    ...set('maxRetries', pool?.http?.maxRetries),
  }
}

function keepaliveOf(pool: ConnectionPool | undefined): Pick<OutboundClusterIr, 'keepalive'> {
  const keepalive = pool?.tcp?.tcpKeepalive
  if (keepalive === undefined) return {}
  const { probes, time, interval } = keepalive
  return {
    keepalive: {
      ...(probes === undefined ? {} : { probes }),
      ...(time === undefined ? {} : { timeMs: durationMs(time) }),
      ...(interval === undefined ? {} : { intervalMs: durationMs(interval) }),
    },
  }
}

function outlierDetectionOf(detection: OutlierDetection | undefined): Pick<OutboundClusterIr, 'outlierDetection'> {
  if (detection === undefined) return {}
  const { consecutive5xxErrors, consecutiveGatewayErrors, interval, baseEjectionTime, maxEjectionPercent } = detection
  const outlierDetection: OutlierDetectionIr = {
    ...(consecutive5xxErrors === undefined ? {} : { consecutive5xx: consecutive5xxErrors }),
    ...(consecutiveGatewayErrors === undefined ? {} : { consecutiveGatewayFailure: consecutiveGatewayErrors }),
    ...(detection.splitExternalLocalOriginErrors === true
      ? { consecutiveLocalOriginFailure: detection.consecutiveLocalOriginFailures ?? 5 }
      : {}),
    ...(interval === undefined ? {} : { intervalMs: durationMs(interval) }),
    ...(baseEjectionTime === undefined ? {} : { baseEjectionTimeMs: durationMs(baseEjectionTime) }),
    ...(maxEjectionPercent === undefined || maxEjectionPercent === 0 ? {} : { maxEjectionPercent }),
  }
  return { outlierDetection }
}
