/**
 * Envoy's messages as plain objects: encoding that refuses what protobufjs would drop without a word, and decoding to
 * proto JSON with every Any expanded. Field names are camelCase; wrappers are `{ value }`; see `well-known.ts`.
 */

import type protobuf from 'protobufjs'
import { loadProtos } from '../platform/protobuf.ts'
import { withLaterFields } from './later-fields.ts'
import { checkMessage } from './message-check.ts'
import { type Json, jsonFromMessage } from './message-json.ts'

/** A message before encoding: camelCase keys, enums by name. */
export type Plain = Readonly<Record<string, unknown>>

/** `google.protobuf.Any` as protobufjs spells it. */
export interface Any {
  readonly type_url: string
  readonly value: Uint8Array
}

export const typeUrlPrefix = 'type.googleapis.com/'

/** `name` is fully qualified, such as `envoy.config.cluster.v3.Cluster`. The first call loads the .proto files. */
export function messageType(name: string): protobuf.Type {
  let type = types.get(name)
  if (type === undefined) {
    type = loadedRoot().lookupType(name)
    types.set(name, type)
  }
  return type
}

/** Loads the .proto files unless they are loaded: about 150 ms, and 15 MB that every daemon needs sooner or later. */
export function loadMessages(): void {
  loadedRoot()
}

/** Throws when `plain` has, at any depth, a field that its type does not have or an enum name that does not exist. */
export function encodeMessage(typeName: string, plain: Plain): Uint8Array {
  const type = messageType(typeName)
  checkMessage(type, plain)
  return type.encode(type.fromObject(plain)).finish()
}

export function any(typeName: string, plain: Plain): Any {
  return { type_url: typeUrlPrefix + typeName, value: encodeMessage(typeName, plain) }
}

/** Proto JSON (camelCase, defaults left out) of an encoded message, with every known Any expanded to `{ '@type', … }`. */
export function decodeExpanded(typeUrl: string, bytes: Uint8Array): Json {
  const type = messageType(typeUrl.slice(typeUrl.lastIndexOf('/') + 1))
  return jsonFromMessage(type, type.decode(bytes), knownType)
}

function knownType(name: string): protobuf.Type | undefined {
  try {
    return messageType(name)
  } catch {
    return undefined
  }
}

function loadedRoot(): protobuf.Root {
  root ??= withLaterFields(loadProtos(protoFiles))
  return root
}

const types = new Map<string, protobuf.Type>()
let root: protobuf.Root | undefined

const protoFiles = [
  'envoy/config/accesslog/v3/accesslog.proto',
  'envoy/config/bootstrap/v3/bootstrap.proto',
  'envoy/config/cluster/v3/cluster.proto',
  'envoy/config/endpoint/v3/endpoint.proto',
  'envoy/config/listener/v3/listener.proto',
  'envoy/config/rbac/v3/rbac.proto',
  'envoy/config/route/v3/route.proto',
  'envoy/extensions/access_loggers/file/v3/file.proto',
  'envoy/extensions/access_loggers/stream/v3/stream.proto',
  'envoy/extensions/clusters/dns/v3/dns_cluster.proto',
  'envoy/extensions/filters/http/cors/v3/cors.proto',
  'envoy/extensions/filters/http/fault/v3/fault.proto',
  'envoy/extensions/filters/http/grpc_stats/v3/config.proto',
  'envoy/extensions/filters/http/grpc_web/v3/grpc_web.proto',
  'envoy/extensions/filters/http/rbac/v3/rbac.proto',
  'envoy/extensions/filters/http/router/v3/router.proto',
  'envoy/extensions/filters/http/set_filter_state/v3/set_filter_state.proto',
  'envoy/extensions/filters/listener/http_inspector/v3/http_inspector.proto',
  'envoy/extensions/filters/listener/original_dst/v3/original_dst.proto',
  'envoy/extensions/filters/listener/original_src/v3/original_src.proto',
  'envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.proto',
  'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
  'envoy/extensions/filters/network/rbac/v3/rbac.proto',
  'envoy/extensions/filters/network/set_filter_state/v3/set_filter_state.proto',
  'envoy/extensions/filters/network/sni_cluster/v3/sni_cluster.proto',
  'envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto',
  'envoy/extensions/load_balancing_policies/cluster_provided/v3/cluster_provided.proto',
  'envoy/extensions/load_balancing_policies/least_request/v3/least_request.proto',
  'envoy/extensions/load_balancing_policies/maglev/v3/maglev.proto',
  'envoy/extensions/load_balancing_policies/random/v3/random.proto',
  'envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash.proto',
  'envoy/extensions/load_balancing_policies/round_robin/v3/round_robin.proto',
  'envoy/extensions/path/match/uri_template/v3/uri_template_match.proto',
  'envoy/extensions/path/rewrite/uri_template/v3/uri_template_rewrite.proto',
  'envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.proto',
  'envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer.proto',
  'envoy/extensions/transport_sockets/tls/v3/secret.proto',
  'envoy/extensions/transport_sockets/tls/v3/tls.proto',
  'envoy/extensions/upstreams/http/v3/http_protocol_options.proto',
]
