/** What an EnvoyFilter's patch is a piece of: Envoy's own message for each place where it applies. */

import { createProtoLibrary, type ProtoLibrary } from '../../platform/protobuf.ts'
import { checkMessage, type ValueReport } from './check-message.ts'

export type PatchedObject = keyof typeof messageOf

const messageOf = {
  LISTENER: 'envoy.config.listener.v3.Listener',
  FILTER_CHAIN: 'envoy.config.listener.v3.FilterChain',
  NETWORK_FILTER: 'envoy.config.listener.v3.Filter',
  HTTP_FILTER: 'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter',
  ROUTE_CONFIGURATION: 'envoy.config.route.v3.RouteConfiguration',
  VIRTUAL_HOST: 'envoy.config.route.v3.VirtualHost',
  HTTP_ROUTE: 'envoy.config.route.v3.Route',
  CLUSTER: 'envoy.config.cluster.v3.Cluster',
  EXTENSION_CONFIG: 'envoy.config.core.v3.TypedExtensionConfig',
  BOOTSTRAP: 'envoy.config.bootstrap.v3.Bootstrap',
  LISTENER_FILTER: 'envoy.config.listener.v3.ListenerFilter',
} as const

/** Those that name an extension, whose settings must come with their type. */
const extensions: ReadonlySet<PatchedObject> = new Set([
  'NETWORK_FILTER',
  'HTTP_FILTER',
  'LISTENER_FILTER',
  'EXTENSION_CONFIG',
])

export interface PatchValue {
  readonly applyTo: PatchedObject
  readonly value: Readonly<Record<string, unknown>>
  /** The whole object, not a part that is merged into one. */
  readonly isWhole: boolean
}

/** The first call loads Envoy's messages: about 0.4 s and 20 MB, in daemons whose mesh has EnvoyFilters. */
export function checkPatchValue({ applyTo, value, isWhole }: PatchValue, field: string, report: ValueReport): void {
  library ??= createProtoLibrary()
  const type = library.type(messageOf[applyTo])
  if (type === undefined) throw new Error(`${messageOf[applyTo]} is not among the shipped messages`)
  checkMessage(type, value, field, { library, report })
  const names = ['typed_config', 'typedConfig', 'config_discovery', 'configDiscovery']
  if (isWhole && extensions.has(applyTo) && !names.some(name => value[name] !== undefined))
    report.warning(field, 'has no typed_config, without which Envoy does not know the filter', 'add it with its @type')
}

let library: ProtoLibrary | undefined
