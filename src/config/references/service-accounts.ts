/** Service accounts that workloads outside Kubernetes are to have: judged only where ServiceAccounts are known at all. */

import type { Collection, CollectionReader, Graph } from '../../graph/graph.ts'
import type { ObjectOf } from '../kinds/catalogue.ts'
import type { Finding } from './finding.ts'
import type { ReferenceSources } from './reference-sources.ts'

export interface AccountReads {
  readonly accounts: CollectionReader<ObjectOf<'ServiceAccount'>>
  /** Has the key `mesh` when any is known. */
  readonly accountsKnown: CollectionReader<true>
}

export function deriveAccounts(graph: Graph, { mesh, objects }: ReferenceSources) {
  const namespaces = graph.terms(
    'namespaces with service accounts',
    objects.ServiceAccount.index('namespaces', ({ metadata }) => [metadata.namespace]),
  )
  const accountsKnown: Collection<true> = graph.derive({
    name: 'service accounts known',
    from: mesh,
    reads: { namespaces },
    map: (_mesh, _key, reads): true | undefined => ([...reads.namespaces.values()].length > 0 ? true : undefined),
  })
  return { accounts: objects.ServiceAccount, accountsKnown }
}

export function accountFindings(
  {
    account = '',
    namespace,
    field,
  }: { readonly account?: string | undefined; readonly namespace: string; readonly field: string },
  { accounts, accountsKnown }: AccountReads,
): readonly Finding[] {
  if (account === '' || accountsKnown.get('mesh') === undefined) return []
  const key = `${namespace}/${account}`
  if (accounts.get(key) !== undefined) return []
  const reason = `there is no ServiceAccount ${key}`
  return [{ code: 'ACCOUNT_NOT_FOUND', field, reason, remedy: 'correct the name, or create it' }]
}
