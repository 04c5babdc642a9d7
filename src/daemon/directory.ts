/** Who may be which proxy, and which tables it gets: joins the xDS server to identities and to translation. */

import { proxyIdentityFrom } from '../discovery/proxy-identity.ts'
import { MeshwrightError } from '../platform/errors.ts'
import type { PeerIdentity } from '../platform/rpc.ts'
import { parseSpiffeId, type SpiffeId } from '../platform/spiffe.ts'
import type { Translation } from '../translate/engine.ts'
import type { ResourceTable } from '../xds/resource-table.ts'
import type { TableDirectory, TableSet } from '../xds/table-set.ts'

export interface ProxyDirectory extends TableDirectory {
  /** Those of the youngest stream of that node. */
  tablesOf(nodeId: string): TableSet | undefined
}

export interface ProxyDirectoryOptions {
  readonly translation: Translation<ResourceTable>
  /** Before the first sync a proxy would be told that everything is gone. */
  readonly isSynced: () => boolean
}

export function createProxyDirectory(options: ProxyDirectoryOptions): ProxyDirectory {
  const tablesByNode = new Map<string, TableSet>()
  return {
    tablesOf: nodeId => tablesByNode.get(nodeId),
    admit(node, peer, variant) {
      if (!options.isSynced()) {
        throw new MeshwrightError('NOT_SYNCED', { message: 'server is not ready to serve discovery information' })
      }
      const proxy = proxyIdentityFrom(node, identityOf(peer), variant)
      const tables = options.translation.connect(proxy)
      const set: TableSet = {
        tables: typeUrl => tables.tables(typeUrl),
        onReplaced: listener => tables.onReplaced(listener),
        close() {
          if (tablesByNode.get(node.id) === set) tablesByNode.delete(node.id)
          tables.close()
        },
      }
      tablesByNode.set(node.id, set)
      return set
    },
  }
}

/** Undefined only on the plaintext port, which exists only where it was asked for. */
function identityOf(peer: PeerIdentity): SpiffeId | undefined {
  const uri = peer.certificate?.uris[0]
  if (uri !== undefined) return parseSpiffeId(uri)
  if (peer.transport === 'tls') {
    throw new MeshwrightError('XDS_UNAUTHENTICATED', {
      message: 'authentication failure: a client certificate is needed',
    })
  }
  return undefined
}
