/** discovery.k8s.io EndpointSlice: addresses behind a Service; tied to it by the label kubernetes.io/service-name. */

import { isIPv4 } from 'node:net'
import { bool, field, int32, list, optional, requiredText, structure, text, type Value } from '../schema/fields.ts'
import { isHostname, isIpv6Address, isPort } from './host-syntax.ts'
import { defineKind } from './kind.ts'

const conditions = structure({
  ready: field('It takes new connections.', optional(bool()), { default: 'true' }),
  serving: field('It still answers, whether it is ending or not.', optional(bool()), { default: '`ready`' }),
  terminating: field('It is ending.', optional(bool()), { default: 'false' }),
})

const target = structure({
  kind: field('`Pod` is the kind that is looked up.', optional(text(63))),
  name: field('Its name.', optional(text(253))),
  namespace: field('Its namespace.', optional(text(63)), { default: "the slice's" }),
})

const endpoint = structure({
  addresses: field('Where it is reached; several are equal.', list(text(255), 100)),
  conditions: field('Whether it is to be called.', optional(conditions), { default: 'it is ready' }),
  hostname: field('The first label of its own DNS name, of which the mesh knows nothing.', optional(text(63))),
  nodeName: field('The node that it runs on; gives the locality.', optional(text(253))),
  zone: field('The zone that it runs in.', optional(text(253)), { default: "the node's" }),
  targetRef: field('The pod behind the addresses; gives labels and identity.', optional(target)),
})

const port = structure({
  name: field("The name of the Service's port.", optional(text(63))),
  port: field('The port of the addresses.', optional(int32())),
  protocol: field('`TCP`, `UDP` or `SCTP`.', optional(text(16)), { default: '`TCP`' }),
  appProtocol: field("What it speaks; the Service's `appProtocol` is what counts.", optional(text(253))),
})

const spec = structure({
  addressType: field('`IPv4`, `IPv6` or `FQDN`.', requiredText(8)),
  endpoints: field('The addresses with what is known of them.', optional(list(endpoint))),
  ports: field('The ports of all of the addresses.', optional(list(port, 1000))),
})

export type EndpointSliceSpec = Value<typeof spec>
export type SliceEndpoint = Value<typeof endpoint>
export type SlicePort = Value<typeof port>

export const serviceNameLabel = 'kubernetes.io/service-name'

export const endpointSlice = defineKind({
  name: 'EndpointSlice',
  description: 'A part of the addresses behind a Service, tied to it by the label `kubernetes.io/service-name`.',
  plural: 'endpointslices',
  shortNames: [],
  group: 'discovery.k8s.io',
  versions: ['v1', 'v1beta1'],
  scope: 'namespaced',
  body: 'top-level',
  spec,
  check({ spec, metadata }, report) {
    const isAddress = addressForms[spec.addressType]
    if (isAddress === undefined)
      report.error('addressType', `${spec.addressType} is not a type of address`, 'use IPv4, IPv6 or FQDN')
    for (const [index, { addresses }] of (spec.endpoints ?? []).entries()) {
      const field = `endpoints[${index}].addresses`
      if (addresses.length === 0) report.error(field, 'is empty', 'name an address')
      for (const [at, address] of addresses.entries()) {
        if (isAddress !== undefined && !isAddress(address))
          report.error(`${field}[${at}]`, `${address} is not of type ${spec.addressType}`)
      }
    }
    for (const [index, { port }] of (spec.ports ?? []).entries()) {
      if (port !== undefined && !isPort(port))
        report.error(`ports[${index}].port`, `${port} is not a port`, 'use 1 to 65535')
    }
    if ((metadata.labels[serviceNameLabel] ?? '') === '') {
      report.warning('metadata.labels', 'belongs to no service', `add the label ${serviceNameLabel}`)
    }
  },
})

const addressForms: Readonly<Record<string, ((address: string) => boolean) | undefined>> = {
  IPv4: isIPv4,
  IPv6: isIpv6Address,
  FQDN: isHostname,
}
