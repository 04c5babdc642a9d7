/** networking.istio.io WorkloadEntry: one workload outside Kubernetes; also the form of a ServiceEntry's inline endpoints. */

import { map, message, optional, text, uint32, type Value } from '../schema/fields.ts'
import { isHostLabel, isHostname, isIpAddress, isPort, isUnixAddress } from './host-syntax.ts'
import { defineKind, type Report } from './kind.ts'

export const workloadEntrySpec = message({
  address: optional(text(255)),
  /** Port name → port number of the workload. */
  ports: optional(map(uint32())),
  labels: optional(map(text(63), 'label')),
  network: optional(text(253)),
  /** `region/zone/subzone`. */
  locality: optional(text(512)),
  weight: optional(uint32()),
  serviceAccount: optional(text(253)),
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
  if ((entry.address ?? '') === '') {
    if ((entry.network ?? '') === '')
      report.error(
        `${field}.address`,
        'is required where no network is given',
        'name an IP address, a host or unix:///path',
      )
    else
      report.warning(
        `${field}.address`,
        `is missing: the workload is reached through a gateway of network ${entry.network} alone`,
        'name its address, if it has one',
      )
  }
  checkWorkloadTemplate(entry, field, report)
}

/** Rules for a workload that may be without an address. */
export function checkWorkloadTemplate(entry: WorkloadEntrySpec, field: string, report: Report): void {
  const address = entry.address ?? ''
  if (address.startsWith('unix://')) {
    if (!isUnixAddress(address))
      report.error(`${field}.address`, `${address} is not the path of a socket`, 'use unix:///absolute/path')
    if (Object.keys(entry.ports ?? {}).length > 0)
      report.error(`${field}.ports`, 'a Unix socket has no ports', 'remove the ports')
  } else if (address !== '' && !isIpAddress(address) && !isHostname(address)) {
    report.error(`${field}.address`, `${address} is not an address`, 'name an IP address, a host or unix:///path')
  }
  for (const [name, port] of Object.entries(entry.ports ?? {})) {
    if (!isHostLabel(name))
      report.error(`${field}.ports.${name}`, `'${name}' is not a port name`, 'use letters, digits and -')
    if (!isPort(port)) report.error(`${field}.ports.${name}`, `${port} is not a port`, 'use 1 to 65535')
  }
  checkLocalityText(entry.locality, `${field}.locality`, report)
}

function checkLocalityText(locality: string | undefined, field: string, report: Report): void {
  if ((locality ?? '') === '') return
  const parts = (locality ?? '').split('/')
  if (parts.length > 3 || parts.some(part => part === '' || part.includes('*'))) {
    report.error(field, `${locality} is not a locality`, 'use region, region/zone or region/zone/subzone')
  }
}
