/** networking.istio.io ServiceEntry: a service that Kubernetes does not know, inside or outside the mesh. */

import {
  enumeration,
  field,
  list,
  message,
  optional,
  portNumber,
  requiredList,
  requiredText,
  ruled,
  text,
  type Value,
} from '../schema/fields.ts'
import { exportTo } from './export-to.ts'
import { defineKind } from './kind.ts'
import { checkServiceEntry } from './service-entry-rules.ts'
import { workloadEntrySpec } from './workload-entry.ts'
import { labelsSelector } from './workload-selector.ts'

const port = message({
  number: field('The port that clients call.', portNumber()),
  protocol: field(
    'What it speaks: `HTTP`, `HTTP2`, `GRPC`, `HTTPS`, `TLS`, `TCP`, `MONGO`, `MYSQL`, `REDIS` …',
    optional(text(256)),
    { default: "by the port's name, else by looking at the traffic" },
  ),
  name: field('A name, unique within the service.', requiredText(63)),
  targetPort: field('The port of the endpoints.', optional(portNumber()), { default: '`number`' }),
})

const host = ruled(text(255), {
  cel: "self != '*'",
  holds: name => name !== '*',
  reason: "'*' would take over every host",
  remedy: 'name a domain, for example *.example.com',
})

const ports = ruled(list(port, 256), {
  cel: 'self.all(one, self.exists_one(other, one.number == other.number))',
  holds: given => new Set(given.map(({ number }) => number)).size === given.length,
  at: given => {
    const numbers = given.map(({ number }) => number)
    return `[${numbers.findIndex((number, index) => numbers.indexOf(number) < index)}].number`
  },
  reason: 'is there already',
  remedy: 'give each port its own number',
})

const spec = message(
  {
    hosts: field(
      'The names by which clients call the service. For HTTP the authority, for TLS the server name is compared with them.',
      requiredList(host, 256),
    ),
    addresses: field(
      'Addresses or ranges that clients connect to; they tell services of other protocols apart.',
      optional(list(text(64), 256)),
      { default: 'none: services of one port are told apart by their names only' },
    ),
    ports: field('The ports of the service.', optional(ports)),
    location: field(
      '`MESH_EXTERNAL`: outside, called in plaintext unless a rule says TLS. `MESH_INTERNAL`: workloads with identities of the mesh.',
      optional(enumeration({ MESH_EXTERNAL: 0, MESH_INTERNAL: 1 })),
      { default: '`MESH_EXTERNAL`' },
    ),
    resolution: field(
      '`NONE`: where the client has connected to. `STATIC`: the addresses of `endpoints`. `DNS`: the names of `endpoints`, ' +
        'else the hosts themselves, every address of the answer. `DNS_ROUND_ROBIN`: the same, one address at a time. ' +
        '`DYNAMIC_DNS`: the host that the request names.',
      optional(enumeration({ NONE: 0, STATIC: 1, DNS: 2, DNS_ROUND_ROBIN: 3, DYNAMIC_DNS: 4 })),
      {
        default: '`NONE`',
        notInForce: '`DYNAMIC_DNS` goes where the client has connected to, as `NONE` does',
        notInForceIf: resolution => resolution === 'DYNAMIC_DNS',
      },
    ),
    endpoints: field('The workloads behind the service, written here.', optional(list(workloadEntrySpec, 4096))),
    workloadSelector: field(
      'The WorkloadEntries and pods of the namespace that are the endpoints.',
      optional(labelsSelector),
    ),
    exportTo: field(
      'The namespaces whose proxies know the service: `.` is its own, `*` all, `~` none.',
      optional(exportTo()),
      { default: "the mesh's `defaultServiceExportTo`, else `*`" },
    ),
    subjectAltNames: field(
      'Identities of which the endpoints must show one in mutual TLS of the mesh.',
      optional(list(text(2048), 1000)),
      { default: "those of the endpoints' service accounts" },
    ),
  },
  {
    exclusive: [['endpoints', 'workloadSelector']],
    rules: [
      {
        cel:
          "!has(self.addresses) || !self.addresses.exists(address, address.contains('/')) || " +
          "!has(self.resolution) || self.resolution in ['NONE', 'STATIC']",
        holds: ({ addresses = [], resolution = 'NONE' }) =>
          !addresses.some(address => address.includes('/')) || resolution === 'NONE' || resolution === 'STATIC',
        at: ({ addresses = [] }) => `addresses[${addresses.findIndex(address => address.includes('/'))}]`,
        reason: 'a CIDR range is not possible with this resolution',
        remedy: 'use NONE or STATIC, or single addresses',
      },
      {
        cel: "!has(self.endpoints) || (has(self.resolution) && self.resolution != 'NONE')",
        holds: ({ endpoints, resolution = 'NONE' }) => endpoints === undefined || resolution !== 'NONE',
        at: 'endpoints',
        reason: 'cannot stand beside resolution NONE',
        remedy: 'use STATIC or DNS, or remove the endpoints',
      },
      {
        cel: "!has(self.endpoints) || !has(self.resolution) || self.resolution != 'DNS_ROUND_ROBIN' || size(self.endpoints) <= 1",
        holds: ({ endpoints = [], resolution }) => resolution !== 'DNS_ROUND_ROBIN' || endpoints.length <= 1,
        at: () => 'endpoints[1]',
        reason: 'DNS_ROUND_ROBIN takes one endpoint',
        remedy: 'use DNS',
      },
    ],
  },
)

export type ServiceEntrySpec = Value<typeof spec>
export type ServiceEntryPort = Value<typeof port>

export const serviceEntry = defineKind({
  name: 'ServiceEntry',
  description:
    'A service that Kubernetes does not know, inside or outside the mesh: its hosts, ports and where its endpoints come from.',
  plural: 'serviceentries',
  shortNames: ['se'],
  columns: [
    { name: 'Hosts', path: '.spec.hosts' },
    { name: 'Location', path: '.spec.location' },
    { name: 'Resolution', path: '.spec.resolution' },
  ],
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  scope: 'namespaced',
  body: 'spec',
  spec,
  check: ({ spec, metadata }, report) => checkServiceEntry(spec, metadata.namespace, report),
})
