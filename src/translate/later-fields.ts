/**
 * Fields that Envoy has gained since the protos that we ship, by their published numbers
 * (https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/rbac/v3/rbac.proto). RBAC's `metadata` is deprecated in
 * favour of `sourced_metadata`, of which only dynamic metadata, its default, is used.
 */

import protobuf from 'protobufjs'

/** Adds them to a root that has been loaded, and returns it. */
export function withLaterFields(root: protobuf.Root): protobuf.Root {
  const sourcedMetadata = new protobuf.Type('SourcedMetadata')
  sourcedMetadata.add(new protobuf.Field('metadataMatcher', 1, 'envoy.type.matcher.v3.MetadataMatcher'))
  root.define('envoy.config.rbac.v3').add(sourcedMetadata)
  addToOneof(root.lookupType('envoy.config.rbac.v3.Permission'), 'rule', 14)
  addToOneof(root.lookupType('envoy.config.rbac.v3.Principal'), 'identifier', 13)
  return root
}

function addToOneof(type: protobuf.Type, oneof: string, number: number): void {
  const field = new protobuf.Field('sourcedMetadata', number, '.envoy.config.rbac.v3.SourcedMetadata')
  type.oneofs[oneof]?.add(field)
}
