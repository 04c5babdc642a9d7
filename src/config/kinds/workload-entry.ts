/** networking.istio.io WorkloadEntry: one workload outside Kubernetes; also the form of a ServiceEntry's inline endpoints. */

import { field, map, message, optional, portNumber, ruled, text, uint32, type Value } from '../schema/fields.ts'
import { isHostLabel, isHostname, isIpAddress } from './host-syntax.ts'
import { defineKind, type Report } from './kind.ts'

const address = ruled(
  text(256),
  {
    cel: "!self.startsWith('unix://') || self.startsWith('unix:///') || self.startsWith('unix://@')",
    holds: given => !given.startsWith('unix://') || /^unix:\/\/[/@]/.test(given),
    reason: 'is not the path of a socket',
    remedy: 'use unix:///absolute/path or unix://@abstract',
  },
  {
    cel: "!(self.startsWith('unix://') && self.endsWith('/'))",
    holds: given => !(given.startsWith('unix://') && given.endsWith('/')),
    reason: 'is the path of a folder',
    remedy: 'name a socket',
  },
)

const fields = {
  address: field(
    'An IP address, a host that is looked up in DNS, or a socket `unix:///PATH` on the machine of the client.',
    optional(address),
    { default: "with `network`, the network's gateway" },
  ),
  ports: field(
    'Port name of the service → port of the workload.',
    optional(
      ruled(map(portNumber(), 'text', 128), {
        cel: "self.all(key, size(key) <= 63 && key.matches('^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$'))",
        holds: given => Object.keys(given).every(isHostLabel),
        at: given => Object.keys(given).find(name => !isHostLabel(name)) ?? '',
        reason: 'is not a port name',
        remedy: 'use letters, digits and -, at most 63',
      }),
    ),
    { default: "the service's `targetPort`, else its port" },
  ),
  labels: field('Labels by which services and policies select it.', optional(map(text(63), 'label'))),
  network: field('The network that the address is of.', optional(text(2048)), {
    default: 'as the MeshNetworks say of its address',
  }),
  locality: field('Where it runs: `region/zone/subzone`, the latter two optional.', optional(text(2048)), {
    default: 'the label `istio-locality`',
  }),
  weight: field("Its share among the service's endpoints, relative to the sum of all weights.", optional(uint32()), {
    default: '1; so is 0',
  }),
  serviceAccount: field('The service account whose identity it has.', optional(text(253)), {
    default: 'none: it is called in plaintext, unless the label `security.istio.io/tlsMode: istio` is there',
  }),
}

const socketHasNoPorts = {
  cel: "!(has(self.address) && self.address.startsWith('unix://') && has(self.ports))",
  holds: ({ address: at, ports }: { readonly address?: string; readonly ports?: object }) =>
    !(at?.startsWith('unix://') === true && ports !== undefined),
  at: 'ports',
  reason: 'a Unix socket has no ports',
  remedy: 'remove the ports',
}

/** Where every endpoint takes the address of its own. */
export const workloadTemplate = message(fields, { rules: [socketHasNoPorts] })

export const workloadEntrySpec = message(fields, {
  rules: [
    {
      cel: 'has(self.address) || has(self.network)',
      holds: ({ address: at, network }) => at !== undefined || network !== undefined,
      at: 'address',
      reason: 'is required where no network is given',
      remedy: 'name an IP address, a host or unix:///path',
    },
    socketHasNoPorts,
  ],
})

export type WorkloadEntrySpec = Value<typeof workloadEntrySpec>

export const workloadEntry = defineKind({
  name: 'WorkloadEntry',
  description: 'One workload outside Kubernetes: where it is reached, and who it is.',
  plural: 'workloadentries',
  shortNames: ['we'],
  columns: [{ name: 'Address', path: '.spec.address' }],
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  scope: 'namespaced',
  body: 'spec',
  spec: workloadEntrySpec,
  check: ({ spec }, report) => checkWorkloadEntry(spec, 'spec', report),
})

/** Rules for a workload wherever it is written. */
export function checkWorkloadEntry(entry: WorkloadEntrySpec, field: string, report: Report): void {
  const { address, network } = entry
  const isWritten = address !== undefined || network !== undefined
  if (isWritten && (address ?? '') === '') {
    if ((network ?? '') === '')
      report.error(
        `${field}.address`,
        'is required where no network is given',
        'name an IP address, a host or unix:///path',
      )
    else
      report.warning(
        `${field}.address`,
        `is missing: the workload is reached through a gateway of network ${network} alone`,
        'name its address, if it has one',
      )
  }
  checkWorkloadTemplate(entry, field, report)
}

/** Rules for a workload that may be without an address. */
export function checkWorkloadTemplate(entry: WorkloadEntrySpec, field: string, report: Report): void {
  const address = entry.address ?? ''
  if (address.startsWith('unix://')) {
    if (/^unix:\/\/[/@]$/.test(address))
      report.error(`${field}.address`, `${address} is not the path of a socket`, 'use unix:///absolute/path')
  } else if (address !== '' && !isIpAddress(address) && !isHostname(address)) {
    report.error(`${field}.address`, `${address} is not an address`, 'name an IP address, a host or unix:///path')
  }
  checkLocalityText(entry.locality, `${field}.locality`, report)
}

function checkLocalityText(locality: string | undefined, field: string, report: Report): void {
  if ((locality ?? '') === '') return
  const parts = (locality ?? '').split('/')
  if (parts.length > 3 || parts.some(part => part === '' || part.includes('*'))) {
    report.warning(field, `${locality} is not a locality`, 'use region, region/zone or region/zone/subzone')
  }
}
