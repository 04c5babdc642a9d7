/** What a Sidecar takes for granted: workloads to select, hosts to import, an egress proxy, and that it is alone. */

import type { IndexReader } from '../../graph/graph.ts'
import type { ObjectOf } from '../kinds/catalogue.ts'
import { isExportedTo } from '../meaning/export-to.ts'
import { literalHost } from '../meaning/hostname.ts'
import type { RuleReads } from './destination-rules.ts'
import { destinationFindings } from './destinations.ts'
import type { Finding } from './finding.ts'
import { loneSelectorFindings, type SelectorReads, selectorFindings, selectorText } from './selectors.ts'
import { type HostReads, type ServedHost, serversOf } from './served-hosts.ts'

export type Sidecar = ObjectOf<'Sidecar'>

export interface SidecarReads extends HostReads, RuleReads, SelectorReads {
  readonly hostsByNamespace: IndexReader<ServedHost>
  readonly sidecarsBySelector: IndexReader<Sidecar>
}

export function sidecarFindings(object: Sidecar, reads: SidecarReads, domain: string): readonly Finding[] {
  const { metadata, spec } = object
  const labels = spec.workloadSelector?.labels
  const proxy = spec.outboundTrafficPolicy?.egressProxy
  const place = {
    field: 'spec.outboundTrafficPolicy.egressProxy',
    namespace: metadata.namespace,
    audience: [],
    fromPorts: undefined,
    domain,
  }
  const field = labels === undefined ? 'spec' : 'spec.workloadSelector'
  return [
    ...selectorFindings(object, { field: 'spec.workloadSelector.labels', labels, reach: 'own namespace' }, reads),
    ...loneSelectorFindings(object, { field, selector: selectorText(labels) }, reads.sidecarsBySelector),
    ...(spec.egress ?? []).flatMap(({ hosts }, index) =>
      hosts.flatMap((host, at) => importFindings(host, { object, field: `spec.egress[${index}].hosts[${at}]` }, reads)),
    ),
    ...(proxy === undefined ? [] : destinationFindings(proxy, place, reads)),
  ]
}

/** `namespace/host`, where the namespace may be `.` or `*`; what a `~` excludes need not be there. */
function importFindings(
  written: string,
  { object, field }: { readonly object: Sidecar; readonly field: string },
  reads: SidecarReads,
): readonly Finding[] {
  const own = object.metadata.namespace
  const slash = written.indexOf('/')
  const from = slash < 0 ? '*' : written.slice(0, slash)
  const host = literalHost(written.slice(slash + 1))
  const namespace = from === '.' ? own : from
  // Everything there is, or nothing: neither can miss anything. The same of its own namespace, which may be about to grow.
  if (namespace.startsWith('~') || (host === '*' && (namespace === '*' || namespace === own))) return []
  const found =
    host === '*'
      ? reads.hostsByNamespace.lookup(namespace)
      : serversOf(host, reads).filter(server => namespace === '*' || server.namespace === namespace)
  if (found.some(server => isExportedTo(server.exportTo, own))) return []
  const place = namespace === '*' ? '' : ` in namespace ${namespace}`
  if (found.length > 0) {
    const reason = `what serves ${host}${place} is not exported to ${own}`
    return [{ code: 'HOST_NOT_VISIBLE', field, reason, remedy: `add ${own} to its exportTo` }]
  }
  const reason = host === '*' ? `nothing is served${place}` : `no Service and no ServiceEntry${place} serves ${host}`
  return [{ code: 'HOST_NOT_FOUND', field, reason, remedy: 'correct it, or remove it' }]
}
