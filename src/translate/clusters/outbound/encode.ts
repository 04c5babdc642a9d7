/** One outbound cluster → Envoy's Cluster message. */

import { assignmentMessage } from '../../endpoints/encode.ts'
import { any, encodeMessage, type Plain } from '../../envoy-messages.ts'
import { durationFromMs, structFrom, wrapped } from '../../well-known.ts'
import { circuitBreakers } from '../circuit-breakers.ts'
import { httpProtocolOptions } from '../http-protocol.ts'
import { alpnMetadata, transportSockets } from './encode-tls.ts'
import type {
  AddressFamily,
  DiscoveryIr,
  LoadBalancingIr,
  OutboundClusterIr,
  OutlierDetectionIr,
  SlowStartIr,
} from './ir.ts'

export function encodeOutboundCluster(ir: OutboundClusterIr): Uint8Array {
  return encodeMessage('envoy.config.cluster.v3.Cluster', {
    name: ir.name,
    ...discoveryFields(ir.discovery),
    connectTimeout: durationFromMs(ir.connectTimeoutMs),
    ...loadBalancingFields(ir.loadBalancing),
    circuitBreakers: circuitBreakers(ir.limits),
    commonLbConfig: { healthyPanicThreshold: { value: ir.panicThreshold } },
    ...(ir.keepalive === undefined ? {} : { upstreamConnectionOptions: { tcpKeepalive: keepalive(ir.keepalive) } }),
    ...(ir.outlierDetection === undefined ? {} : { outlierDetection: outlierDetection(ir.outlierDetection) }),
    ...(ir.http === undefined ? {} : { typedExtensionProtocolOptions: httpProtocolOptions(ir.http) }),
    ...transportSockets(ir.tls, ir.http?.upstream),
    metadata: { filterMetadata: metadata(ir) },
  })
}

function metadata(ir: OutboundClusterIr): Plain {
  const alpn = alpnMetadata(ir.tls, ir.http?.upstream)
  return {
    istio: structFrom({
      services: [ir.service],
      default_original_port: ir.port,
      ...(ir.subset === '' ? {} : { subset: ir.subset }),
    }),
    ...(alpn === undefined ? {} : { 'meshwright.alpn': structFrom(alpn) }),
  }
}

function discoveryFields(discovery: DiscoveryIr): Plain {
  switch (discovery.kind) {
    case 'eds':
      // An empty answer is an answer: initial_fetch_timeout 0 waits for it rather than serve 503 from a guess.
      return {
        type: 'EDS',
        edsClusterConfig: {
          edsConfig: { ads: {}, initialFetchTimeout: durationFromMs(0), resourceApiVersion: 'V3' },
        },
      }
    case 'original-destination':
      return { type: 'ORIGINAL_DST' }
    case 'dns':
      return {
        clusterType: {
          name: 'envoy.clusters.dns',
          typedConfig: any('envoy.extensions.clusters.dns.v3.DnsCluster', {
            dnsLookupFamily: lookupFamily[discovery.family],
            dnsRefreshRate: durationFromMs(discovery.refreshMs),
            dnsFailureRefreshRate: {
              baseInterval: durationFromMs(Math.min(firstRetryMs, discovery.refreshMs)),
              maxInterval: durationFromMs(discovery.refreshMs),
            },
            respectDnsTtl: true,
            ...(discovery.addresses === 'any' ? { allAddressesInSingleEndpoint: true } : {}),
          }),
        },
        loadAssignment: assignmentMessage(discovery.endpoints),
      }
  }
}

/** A name that does not resolve is asked for again soon, then less and less often. */
const firstRetryMs = 1000

const lookupFamily: Readonly<Record<AddressFamily, string>> = { ipv4: 'V4_ONLY', ipv6: 'V6_ONLY', both: 'ALL' }

function loadBalancingFields(loadBalancing: LoadBalancingIr): Plain {
  switch (loadBalancing.kind) {
    case 'cluster-provided':
      return { lbPolicy: 'CLUSTER_PROVIDED' }
    case 'random':
      return { lbPolicy: 'RANDOM' }
    case 'round-robin':
      return { lbPolicy: 'ROUND_ROBIN', ...slowStartField('roundRobinLbConfig', loadBalancing.slowStart) }
    case 'least-request':
      return { lbPolicy: 'LEAST_REQUEST', ...slowStartField('leastRequestLbConfig', loadBalancing.slowStart) }
    case 'ring-hash':
      return { lbPolicy: 'RING_HASH', ringHashLbConfig: { minimumRingSize: wrapped(loadBalancing.minimumRingSize) } }
    case 'maglev':
      return { lbPolicy: 'MAGLEV', maglevLbConfig: { tableSize: wrapped(loadBalancing.tableSize) } }
  }
}

function slowStartField(field: string, slowStart: SlowStartIr | undefined): Plain {
  if (slowStart === undefined) return {}
  const { windowMs, minimumPercent, aggression } = slowStart
  return {
    [field]: {
      slowStartConfig: {
        slowStartWindow: durationFromMs(windowMs),
        aggression: { defaultValue: aggression, runtimeKey: 'meshwright.slow_start_aggression' },
        minWeightPercent: { value: minimumPercent },
      },
    },
  }
}

function keepalive({ probes, timeMs, intervalMs }: NonNullable<OutboundClusterIr['keepalive']>): Plain {
  const seconds = (ms: number) => wrapped(Math.max(1, Math.round(ms / 1000)))
  return {
    ...(probes === undefined ? {} : { keepaliveProbes: wrapped(probes) }),
    ...(timeMs === undefined ? {} : { keepaliveTime: seconds(timeMs) }),
    ...(intervalMs === undefined ? {} : { keepaliveInterval: seconds(intervalMs) }),
  }
}

/** Ejection by success rate is Envoy's default and no part of Istio's API: it is switched off. */
function outlierDetection(ir: OutlierDetectionIr): Plain {
  const consecutive = (field: string, enforcing: string, count: number | undefined): Plain =>
    count === undefined ? {} : { [field]: wrapped(count), [enforcing]: wrapped(count > 0 ? 100 : 0) }
  return {
    enforcingSuccessRate: wrapped(0),
    // protobufjs leaves an underscore that a digit follows.
    ...consecutive('consecutive_5xx', 'enforcingConsecutive_5xx', ir.consecutive5xx),
    ...consecutive('consecutiveGatewayFailure', 'enforcingConsecutiveGatewayFailure', ir.consecutiveGatewayFailure),
    ...(ir.consecutiveLocalOriginFailure === undefined
      ? {}
      : { splitExternalLocalOriginErrors: true, enforcingLocalOriginSuccessRate: wrapped(0) }),
    ...consecutive(
      'consecutiveLocalOriginFailure',
      'enforcingConsecutiveLocalOriginFailure',
      ir.consecutiveLocalOriginFailure,
    ),
    ...(ir.intervalMs === undefined ? {} : { interval: durationFromMs(ir.intervalMs) }),
    ...(ir.baseEjectionTimeMs === undefined ? {} : { baseEjectionTime: durationFromMs(ir.baseEjectionTimeMs) }),
    ...(ir.maxEjectionPercent === undefined ? {} : { maxEjectionPercent: wrapped(ir.maxEjectionPercent) }),
  }
}
