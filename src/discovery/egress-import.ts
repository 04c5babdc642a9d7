/** The `hosts` of a Sidecar's egress entry: `NAMESPACE/HOST`, each part may be a wildcard; a `~` before it excludes. */

import { isExportedTo } from '../config/meaning/export-to.ts'
import { hostMatches, isWildcard } from '../config/meaning/hostname.ts'
import type { Tracked } from '../graph/graph.ts'
import type { ServiceKey } from './service.ts'
import type { Visibility } from './visibility.ts'

export type EgressImport =
  /** A star for the namespace: in whichever one; of several services with one name, the one that the namespace sees. */
  | { readonly kind: 'anywhere'; readonly host: string }
  | { readonly kind: 'namespace'; readonly namespace: string; readonly host: string }

export interface EgressHosts {
  readonly imports: readonly EgressImport[]
  /** What is named here is seen of no import. */
  readonly exclusions: readonly EgressImport[]
}

/** `~/…` excludes in every namespace, so that `~/*` leaves nothing. */
export function parseEgressHosts(hosts: readonly string[], importer: string): EgressHosts {
  const excluding = hosts.filter(host => host.startsWith('~'))
  return {
    imports: hosts.filter(host => !host.startsWith('~')).map(host => parseImport(host, importer)),
    exclusions: excluding.map(host =>
      parseImport(host.startsWith('~/') ? `*${host.slice(1)}` : host.slice(1), importer),
    ),
  }
}

/** `.` is the importing namespace. A host without a namespace is looked for everywhere. */
function parseImport(text: string, importer: string): EgressImport {
  const slash = text.indexOf('/')
  const host = text.slice(slash + 1).toLowerCase()
  const namespace = slash < 0 ? '*' : text.slice(0, slash)
  if (namespace === '*') return { kind: 'anywhere', host }
  return { kind: 'namespace', namespace: namespace === '.' ? importer : namespace, host }
}

/** Whether one of the exclusions names the service. */
export function isExcluded(exclusions: readonly EgressImport[], key: ServiceKey, hostname: string): boolean {
  return exclusions.some(
    excluded =>
      hostMatches(excluded.host, hostname) &&
      (excluded.kind === 'anywhere' || key.startsWith(`${excluded.namespace}/`)),
  )
}

interface Lookups {
  readonly reads: Tracked<{
    readonly byHost: Visibility['byHost']
    readonly byNamespace: Visibility['byNamespace']
  }>
  /** Who imports. */
  readonly namespace: string
  /** Everything that the namespace sees, without a Sidecar. */
  readonly everything: () => readonly ServiceKey[]
}

/** Key and hostname of each service that the import names and that is exported to the importer. */
export function importedServices(
  wanted: EgressImport,
  { reads, namespace, everything }: Lookups,
): readonly (readonly [ServiceKey, string])[] {
  const { host } = wanted
  if (wanted.kind === 'anywhere' && isWildcard(host)) {
    return everything()
      .map(key => [key, key.slice(key.indexOf('/') + 1)] as const)
      .filter(([, hostname]) => hostMatches(host, hostname))
  }
  const candidates =
    wanted.kind === 'namespace' && isWildcard(host)
      ? reads.byNamespace.lookup(wanted.namespace).filter(({ hostname }) => hostMatches(host, hostname))
      : reads.byHost.lookup(host)
  return candidates
    .filter(service => wanted.kind === 'anywhere' || service.namespace === wanted.namespace)
    .filter(({ exportTo }) => isExportedTo(exportTo, namespace))
    .map(({ key, hostname }) => [key, hostname] as const)
}
