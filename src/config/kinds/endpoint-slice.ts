/** discovery.k8s.io EndpointSlice: addresses behind a Service; tied to it by the label kubernetes.io/service-name. */

import ipaddr from 'ipaddr.js'
import { bool, int32, list, optional, requiredText, structure, text, type Value } from '../schema/fields.ts'
import { isHostname, isPort } from './host-syntax.ts'
import { defineKind } from './kind.ts'

const endpoint = structure({
  addresses: list(text(255), 100),
  /** Absent `ready` counts as ready. */
  conditions: optional(
    structure({ ready: optional(bool()), serving: optional(bool()), terminating: optional(bool()) }),
  ),
  hostname: optional(text(63)),
  nodeName: optional(text(253)),
  zone: optional(text(253)),
  targetRef: optional(
    structure({ kind: optional(text(63)), name: optional(text(253)), namespace: optional(text(63)) }),
  ),
})

const port = structure({
  name: optional(text(63)),
  port: optional(int32()),
  protocol: optional(text(16)),
  appProtocol: optional(text(253)),
})

const spec = structure({
  addressType: requiredText(8),
  endpoints: optional(list(endpoint)),
  ports: optional(list(port, 1000)),
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
  IPv4: address => ipaddr.IPv4.isValidFourPartDecimal(address),
  IPv6: address => !address.includes('%') && ipaddr.IPv6.isValid(address),
  FQDN: isHostname,
}
