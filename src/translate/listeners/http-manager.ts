/** The HTTP connection manager, in both directions. */

import { any, type Plain } from '../envoy-messages.ts'
import { durationFromMs, wrapped } from '../well-known.ts'
import { accessLogs } from './access-log.ts'
import type { ListenerSettings } from './settings.ts'

export interface HttpManager {
  readonly statPrefix: string
  /** `rds` or `routeConfig`. */
  readonly routes: Plain
  readonly filters: readonly Plain[]
  readonly settings: ListenerSettings
  /** What only one direction has. */
  readonly own: Plain
}

/** As a network filter. */
export function httpManager({ statPrefix, routes, filters, settings, own }: HttpManager): Plain {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typedConfig: any('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
      statPrefix,
      ...routes,
      httpFilters: filters,
      ...accessLogs(settings.accessLog),
      useRemoteAddress: wrapped(false),
      // Stated, because Envoy warns of the change of its default.
      internalAddressConfig: { unixSockets: false },
      streamIdleTimeout: durationFromMs(0),
      upgradeConfigs: [{ upgradeType: 'websocket' }],
      ...normalization(settings.pathNormalization),
      ...own,
    }),
  }
}

/** Paths are normalised before any rule reads them, and routed as the rules have read them. */
function normalization(mode: ListenerSettings['pathNormalization']): Plain {
  switch (mode) {
    case 'NONE':
      return { normalizePath: wrapped(false), pathWithEscapedSlashesAction: 'KEEP_UNCHANGED' }
    case 'BASE':
      return { normalizePath: wrapped(true), pathWithEscapedSlashesAction: 'KEEP_UNCHANGED' }
    case 'MERGE_SLASHES':
      return { normalizePath: wrapped(true), mergeSlashes: true, pathWithEscapedSlashesAction: 'KEEP_UNCHANGED' }
    case 'DECODE_AND_MERGE_SLASHES':
      return { normalizePath: wrapped(true), mergeSlashes: true, pathWithEscapedSlashesAction: 'UNESCAPE_AND_FORWARD' }
  }
}
