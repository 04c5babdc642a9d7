/** Who may be which proxy, and which tables it gets: joins the xDS server to identities and to translation. */

import { proxyIdentityFrom } from '../discovery/proxy-identity.ts'
import type { Clock } from '../platform/clock.ts'
import { MeshwrightError } from '../platform/errors.ts'
import type { PeerIdentity } from '../platform/rpc.ts'
import { parseSpiffeId, type SpiffeId } from '../platform/spiffe.ts'
import type { ProxyTables } from '../translate/connected-proxy.ts'
import type { Translation } from '../translate/engine.ts'
import type { ResourceTable } from '../xds/resource-table.ts'
import type { TableDirectory, TableSet } from '../xds/table-set.ts'
import { buildOf } from './status/quarantine/refusals.ts'

export interface ProxyDirectory extends TableDirectory {
  /** Those of the youngest stream of that node. */
  tablesOf(nodeId: string): TableSet | undefined
  /** What translation knows the holder of these tables as; undefined once it has gone. */
  proxyOf(tables: TableSet): ProxyTables<ResourceTable> | undefined
}

export interface ProxyDirectoryOptions {
  readonly translation: Translation<ResourceTable>
  /** Before the first sync a proxy would be told that everything is gone. */
  readonly isSynced: () => boolean
  readonly clock: Pick<Clock, 'now'>
  /** The mesh's own and its aliases: a root may vouch for others, too. */
  readonly trustDomains: () => readonly string[]
  /** Absent: everybody is served what translation makes. */
  readonly screen?: () => TableScreen
}

/** Serves clients of some builds other tables than translation's. */
export interface TableScreen {
  screened(build: string, typeUrl: string, proxy: ProxyTables<ResourceTable>): readonly ResourceTable[]
  /** `listener` is called with a type of which `screened` answers other tables now. Returns the call that ends it. */
  onScreened(build: string, listener: (typeUrl: string) => void): () => void
}

export function createProxyDirectory(options: ProxyDirectoryOptions): ProxyDirectory {
  const tablesByNode = new Map<string, TableSet>()
  const proxies = new WeakMap<TableSet, ProxyTables<ResourceTable>>()
  return {
    proxyOf: tables => proxies.get(tables),
    tablesOf: nodeId => tablesByNode.get(nodeId),
    greet: peer => void identityOf(peer, options),
    admit(node, peer, variant) {
      if (!options.isSynced()) {
        throw new MeshwrightError('NOT_SYNCED', { message: 'server is not ready to serve discovery information' })
      }
      const proxy = proxyIdentityFrom(node, identityOf(peer, options), variant)
      const tables = options.translation.connect(proxy)
      const build = buildOf({ node, variant })
      const screen = options.screen?.()
      const ends: (() => void)[] = []
      const set: TableSet = {
        tables: typeUrl => screen?.screened(build, typeUrl, tables) ?? tables.tables(typeUrl),
        onReplaced(listener) {
          tables.onReplaced(listener)
          if (screen !== undefined) ends.push(screen.onScreened(build, listener))
        },
        close() {
          for (const end of ends) end()
          if (tablesByNode.get(node.id) === set) tablesByNode.delete(node.id)
          proxies.delete(set)
          tables.close()
        },
      }
      proxies.set(set, tables)
      tablesByNode.set(node.id, set)
      return set
    },
  }
}

/** Undefined only on the plaintext port, which exists only where it was asked for. */
function identityOf(
  { certificate, transport }: PeerIdentity,
  { clock, trustDomains }: Pick<ProxyDirectoryOptions, 'clock' | 'trustDomains'>,
): SpiffeId | undefined {
  if (certificate === undefined) {
    if (transport === 'tls') throw unauthenticated('a client certificate is needed')
    return undefined
  }
  const [uri = '', ...more] = certificate.uris
  if (more.length > 0) throw unauthenticated('the client certificate has more than one identity')
  // A connection may outlive the certificate that it was made with.
  if (certificate.notAfterMs <= clock.now()) throw unauthenticated('the client certificate has expired')
  const identity = parseSpiffeId(uri)
  if (trustDomains().includes(identity.trustDomain)) return identity
  throw unauthenticated(`${identity.uri} is of another trust domain`)
}

function unauthenticated(reason: string): MeshwrightError {
  return new MeshwrightError('XDS_UNAUTHENTICATED', { message: `authentication failure: ${reason}` })
}
