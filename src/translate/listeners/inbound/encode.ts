/** Inbound listeners as `envoy.config.listener.v3.Listener`. */

import { encodeMessage, type Plain } from '../../envoy-messages.ts'
import { drainMetadata } from '../../revocation/drain-metadata.ts'
import { openConnectionFilter, revocationFilter } from '../../revocation/revocation-filters.ts'
import { durationFromMs, wrapped } from '../../well-known.ts'
import { unmatchedLogs } from '../access-log.ts'
import { authorizationFilters } from '../authorization-filters.ts'
import { inboundHttpFilters } from '../http-filters.ts'
import { httpManager } from '../http-manager.ts'
import { httpInspector, originalDestination, originalSource, tlsInspector } from '../listener-filters.ts'
import { listenerAddress } from '../socket-address.ts'
import { tcpProxy } from '../tcp-proxy.ts'
import { serverTlsSocket } from './encode-tls.ts'
import type { InboundChainIr, InboundListenerIr } from './ir.ts'

export function encodeInboundListener(ir: InboundListenerIr): Uint8Array {
  const { name, address, port, capture, chains, settings } = ir
  return encodeMessage('envoy.config.listener.v3.Listener', {
    name,
    address: listenerAddress(address, port),
    trafficDirection: 'INBOUND',
    ...(capture === 'tproxy' ? { transparent: wrapped(true) } : {}),
    ...listenerFilters(ir),
    ...unmatchedLogs(settings.accessLog),
    filterChains: [...(capture === 'none' ? [] : [blackHole(ir)]), ...chains.map(chain => filterChain(ir, chain))],
  })
}

/**
 * A client that stalls in the middle of its TLS handshake keeps the trust that held when it began. What it says
 * afterwards meets the revocation filters all the same, so that here only its patience is bounded, generously: with a
 * second, a proxy that is busy with thousands of handshakes would refuse them all, again and again.
 */
const handshakeTimeoutMs = 15_000

/** On the one chain where nothing asks about certificates again once the connection is there. */
const uncheckedHandshakeTimeoutMs = 1000

function listenerFilters({ capture, chains, settings }: InboundListenerIr): Plain {
  const filters = [
    ...(capture === 'none' ? [] : [originalDestination()]),
    ...(capture === 'tproxy' ? [originalSource()] : []),
    ...inspector(chains, chain => chain.form.transport === 'tls', tlsInspector),
    ...inspector(chains, isSniffed, httpInspector),
  ]
  if (filters.length === 0) return {}
  return {
    listenerFilters: filters,
    listenerFiltersTimeout: durationFromMs(settings.detectionTimeoutMs),
    continueOnListenerFiltersTimeout: true,
  }
}

/** Present when some chain needs it, and not on ports where none does. */
function inspector(
  chains: readonly InboundChainIr[],
  needs: (chain: InboundChainIr) => boolean,
  filter: (except: readonly number[]) => Plain,
): readonly Plain[] {
  const needing = chains.filter(needs)
  if (needing.length === 0) return []
  const ports = new Set(needing.map(({ port }) => port))
  const except = new Set(chains.flatMap(({ port }) => (port === undefined || ports.has(port) ? [] : [port])))
  return [filter([...except].sort((a, b) => a - b))]
}

const isSniffed = ({ form }: InboundChainIr): boolean =>
  form.transport === 'raw_buffer' && form.applicationProtocols.length > 0

/** A connection to the listener itself would come back to it without end. */
const blackHole = ({ port, settings }: InboundListenerIr): Plain => ({
  name: 'virtualInbound-blackhole',
  filterChainMatch: { destinationPort: wrapped(port) },
  filters: [tcpProxy([{ cluster: 'BlackHoleCluster', weight: 1 }], settings.accessLog)],
  transportSocketConnectTimeout: durationFromMs(handshakeTimeoutMs),
})

function filterChain(ir: InboundListenerIr, chain: InboundChainIr): Plain {
  const { form } = chain
  const match = {
    ...(chain.port === undefined ? {} : { destinationPort: wrapped(chain.port) }),
    ...(form.transport === undefined ? {} : { transportProtocol: form.transport }),
    ...(form.applicationProtocols.length === 0 ? {} : { applicationProtocols: form.applicationProtocols }),
  }
  return {
    name: chain.name,
    filterChainMatch: match,
    filters: form.traffic === 'http' ? [manager(ir, chain)] : tcpFilters(ir, chain),
    ...(form.tls === 'none' ? {} : { transportSocket: serverTlsSocket(ir.serverTls, form.traffic) }),
    transportSocketConnectTimeout: durationFromMs(
      isUnchecked(chain) ? uncheckedHandshakeTimeoutMs : handshakeTimeoutMs,
    ),
    ...(form.tls === 'none' || ir.drain === 0 ? {} : { metadata: drainMetadata(ir.drain) }),
  }
}

/** Bytes to wherever they were going: no endpoint whose metadata could say more. */
const isUnchecked = ({ form, endpoint }: InboundChainIr): boolean =>
  form.tls === 'mutual' && form.traffic === 'tcp' && endpoint === 'original'

const tcpFilters = ({ authorization, settings }: InboundListenerIr, chain: InboundChainIr): readonly Plain[] => [
  ...(chain.form.tls === 'mutual' ? [revocationFilter('tcp')] : []),
  ...(chain.form.tls === 'mutual' && chain.endpoint === 'discovered' ? [openConnectionFilter('downstream')] : []),
  ...authorizationFilters(authorization, 'tcp'),
  tcpProxy([{ cluster: chain.cluster, weight: 1 }], settings.accessLog),
]

function manager({ authorization, settings }: InboundListenerIr, chain: InboundChainIr): Plain {
  return httpManager({
    statPrefix: `inbound_0.0.0.0_${chain.routePort}`,
    routes: { routeConfig: routeConfiguration(chain) },
    filters: inboundHttpFilters({
      authorization,
      grpcWeb: chain.grpcWeb,
      clients: chain.form.tls === 'mutual' ? 'certified' : 'anonymous',
    }),
    settings,
    own: {
      serverName: 'istio-envoy',
      // What the peer proved goes to the application, behind what it claims about those before it: the last element
      // counts.
      forwardClientCertDetails: 'APPEND_FORWARD',
      setCurrentClientCertDetails: { subject: wrapped(true), dns: true, uri: true },
    },
  })
}

const routeConfiguration = ({ cluster, routePort }: InboundChainIr): Plain => ({
  name: cluster,
  virtualHosts: [
    {
      name: `inbound|http|${routePort}`,
      domains: ['*'],
      routes: [
        {
          name: 'default',
          match: { prefix: '/' },
          route: {
            cluster,
            timeout: durationFromMs(0),
            // Only when the application has not seen the request.
            retryPolicy: { retryOn: 'reset-before-request', numRetries: wrapped(2) },
          },
        },
      ],
    },
  ],
  validateClusters: wrapped(false),
})
