/** Outbound listeners as `envoy.config.listener.v3.Listener`. */

import { encodeMessage, type Plain } from '../../envoy-messages.ts'
import { drainMetadata } from '../../revocation/drain-metadata.ts'
import { openConnectionFilter } from '../../revocation/revocation-filters.ts'
import { durationFromMs, wrapped } from '../../well-known.ts'
import { unmatchedLogs } from '../access-log.ts'
import { outboundHttpFilters } from '../http-filters.ts'
import { httpManager } from '../http-manager.ts'
import { httpInspector, tlsInspector } from '../listener-filters.ts'
import { listenerAddress } from '../socket-address.ts'
import { tcpProxy } from '../tcp-proxy.ts'
import type { CaptureListenerIr, HttpChainIr, OutboundListenerIr, ServiceListenerIr, TcpChainIr } from './ir.ts'

export function encodeOutboundListener(ir: OutboundListenerIr): Uint8Array {
  return encodeMessage(
    'envoy.config.listener.v3.Listener',
    ir.kind === 'outbound-capture' ? captureListener(ir) : serviceListener(ir),
  )
}

function captureListener({ name, address, port, transparent, rest, settings }: CaptureListenerIr): Plain {
  return {
    name,
    address: listenerAddress(address, port),
    trafficDirection: 'OUTBOUND',
    useOriginalDst: wrapped(true),
    ...(transparent ? { transparent: wrapped(true) } : {}),
    ...unmatchedLogs(settings.accessLog),
    filterChains: [
      {
        // A connection to the listener itself would be handed to itself again and again.
        name: 'virtualOutbound-blackhole',
        filterChainMatch: { destinationPort: wrapped(port) },
        filters: [tcpProxy([{ cluster: 'BlackHoleCluster', weight: 1 }], settings.accessLog)],
      },
      { name: 'virtualOutbound-catchall-tcp', filters: [tcpProxy([rest], settings.accessLog)] },
    ],
  }
}

function serviceListener(ir: ServiceListenerIr): Plain {
  const { name, address, port, binding, http, tcp, rest, settings } = ir
  const sniffsHttp = http?.when === 'sniffed'
  const sniffsTls = sniffsHttp || tcp.some(chain => chain.serverNames.length > 0)
  const listenerFilters = [...(sniffsTls ? [tlsInspector([])] : []), ...(sniffsHttp ? [httpInspector([])] : [])]
  return {
    name,
    address: listenerAddress(address, port),
    trafficDirection: 'OUTBOUND',
    ...(binding === 'virtual' ? { bindToPort: wrapped(false) } : {}),
    ...(listenerFilters.length === 0
      ? {}
      : {
          listenerFilters,
          listenerFiltersTimeout: durationFromMs(settings.detectionTimeoutMs),
          continueOnListenerFiltersTimeout: true,
        }),
    ...unmatchedLogs(settings.accessLog),
    filterChains: [...(http === undefined ? [] : [httpChain(ir, http)]), ...tcp.map(chain => tcpChain(ir, chain))],
    ...(rest === undefined
      ? {}
      : { defaultFilterChain: { name: rest.name, filters: [tcpProxy(rest.targets, settings.accessLog)] } }),
  }
}

function httpChain({ name, settings }: ServiceListenerIr, { route, when, drain }: HttpChainIr): Plain {
  return {
    ...(when === 'always'
      ? {}
      : { filterChainMatch: { transportProtocol: 'raw_buffer', applicationProtocols: ['http/1.1', 'h2c'] } }),
    filters: [
      httpManager({
        statPrefix: `outbound_${name}`,
        routes: {
          rds: {
            configSource: { ads: {}, initialFetchTimeout: durationFromMs(0), resourceApiVersion: 'V3' },
            routeConfigName: route,
          },
        },
        filters: outboundHttpFilters(),
        settings,
        own: {},
      }),
    ],
    ...(drain === 0 ? {} : { metadata: drainMetadata(drain) }),
  }
}

function tcpChain({ settings }: ServiceListenerIr, { serverNames, ranges, targets, drain }: TcpChainIr): Plain {
  const match = {
    ...(serverNames.length === 0 ? {} : { serverNames, transportProtocol: 'tls' }),
    ...(ranges.length === 0
      ? {}
      : {
          prefixRanges: ranges.map(({ address, prefixLength }) => ({
            addressPrefix: address,
            prefixLen: wrapped(prefixLength),
          })),
        }),
  }
  return {
    ...(Object.keys(match).length === 0 ? {} : { filterChainMatch: match }),
    filters: [openConnectionFilter('upstream'), tcpProxy(targets, settings.accessLog)],
    ...(drain === 0 ? {} : { metadata: drainMetadata(drain) }),
  }
}
