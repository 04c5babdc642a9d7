/** networking.istio.io ServiceEntry: a service that Kubernetes does not know, inside or outside the mesh. */

import { enumeration, list, message, optional, requiredText, text, uint32, type Value } from '../schema/fields.ts'
import { defineKind } from './kind.ts'
import { checkServiceEntry } from './service-entry-rules.ts'
import { workloadEntrySpec } from './workload-entry.ts'
import { labelsSelector } from './workload-selector.ts'

const port = message({
  number: uint32(),
  protocol: optional(text(32)),
  name: requiredText(63),
  targetPort: optional(uint32()),
})

const spec = message(
  {
    hosts: list(text(255), 256),
    addresses: optional(list(text(64), 256)),
    ports: optional(list(port, 256)),
    location: optional(enumeration({ MESH_EXTERNAL: 0, MESH_INTERNAL: 1 })),
    resolution: optional(enumeration({ NONE: 0, STATIC: 1, DNS: 2, DNS_ROUND_ROBIN: 3, DYNAMIC_DNS: 4 })),
    endpoints: optional(list(workloadEntrySpec)),
    workloadSelector: optional(labelsSelector),
    exportTo: optional(list(text(63), 1000)),
    subjectAltNames: optional(list(text(2048), 1000)),
  },
  { exclusive: [['endpoints', 'workloadSelector']] },
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
