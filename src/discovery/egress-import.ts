/** The `hosts` of a Sidecar's egress entry: `NAMESPACE/HOST`, each part may be a wildcard. */

import { isExportedTo } from '../config/meaning/export-to.ts'
import { hostMatches, isWildcard } from '../config/meaning/hostname.ts'
import type { Tracked } from '../graph/graph.ts'
import type { ServiceKey } from './service.ts'
import type { Visibility } from './visibility.ts'

export type EgressImport =
  /** `~/…`: nothing. */
  | { readonly kind: 'nothing' }
  /** A star for the namespace: in whichever one; of several services with one name, the one that the namespace sees. */
  | { readonly kind: 'anywhere'; readonly host: string }
  | { readonly kind: 'namespace'; readonly namespace: string; readonly host: string }

/** `.` is the importing namespace. A host without a namespace is looked for everywhere. */
export function parseImport(text: string, importer: string): EgressImport {
  const slash = text.indexOf('/')
  const host = text.slice(slash + 1).toLowerCase()
  const namespace = slash < 0 ? '*' : text.slice(0, slash)
  if (namespace === '~') return { kind: 'nothing' }
  if (namespace === '*') return { kind: 'anywhere', host }
  return { kind: 'namespace', namespace: namespace === '.' ? importer : namespace, host }
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
  if (wanted.kind === 'nothing') return []
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
