/** What an edit would push, to whom: found by supposing it, and looking at the streams that want what would be others. */

import type { Effect } from '../../../config/effect.ts'
import { shortTypeOf } from '../../../platform/resource-types.ts'
import type { ProxyTables } from '../../../translate/connected-proxy.ts'
import type { Translation } from '../../../translate/engine.ts'
import type { Difference, Supposition } from '../../../translate/supposition.ts'
import { clusterType, endpointType, typesInOrder } from '../../../translate/type-urls.ts'
import type { ResourceTable } from '../../../xds/resource-table.ts'
import type { SessionStatus, TypeStatus } from '../../../xds/session-status.ts'
import { isWanted } from '../../../xds/subscription.ts'
import type { TableSet } from '../../../xds/table-set.ts'
import { typeRule } from '../../../xds/type-rules.ts'
import { proxyNameOf } from '../proxy-name.ts'
import type { Experiment } from './supposed-edit.ts'

export interface EffectPreviewParts {
  readonly translation: Translation<ResourceTable>
  readonly sessions: () => Iterable<SessionStatus>
  readonly proxyOf: (tables: TableSet) => ProxyTables<ResourceTable> | undefined
}

const mostNames = 20

/**
 * Nothing is sent and nothing kept. Cost: the edit's own commit, twice, and the number of streams; sizes are summed once
 * for all streams that share them.
 */
export function previewEffect({ translation, sessions, proxyOf }: EffectPreviewParts, experiment: Experiment): Effect {
  return translation.suppose({
    ...experiment,
    look(supposition) {
      const sizeFor = createSizes(supposition)
      const byType = new Map<string, Size>()
      const names = new Set<string>()
      let proxies = 0
      for (const session of sessions()) {
        const proxy = proxyOf(session.tables)
        if (proxy === undefined) continue
        let touched = false
        for (const type of session.types) {
          const size = sizeFor(proxy, session, type)
          if (size.resources === 0) continue
          touched = true
          byType.set(type.typeUrl, sum(byType.get(type.typeUrl) ?? nothing, size))
        }
        if (!touched) continue
        proxies++
        names.add(proxyNameOf(session.node.id))
      }
      const total = [...byType.values()].reduce(sum, nothing)
      return {
        proxies,
        proxyNames: [...names].sort().slice(0, mostNames),
        ...total,
        byType: typesInOrder.flatMap(typeUrl => {
          const size = byType.get(typeUrl)
          return size === undefined ? [] : [{ type: shortTypeOf(typeUrl), ...size }]
        }),
      }
    },
  })
}

interface Size {
  readonly resources: number
  readonly bytes: number
}

const nothing: Size = { resources: 0, bytes: 0 }
const sum = (a: Size, b: Size): Size => ({ resources: a.resources + b.resources, bytes: a.bytes + b.bytes })

type SizeFor = (proxy: ProxyTables<ResourceTable>, session: SessionStatus, type: TypeStatus) => Size

/** Streams to which the same would be sent are measured once. */
function createSizes(supposition: Supposition<ResourceTable>): SizeFor {
  const measured = new Map<string, Size>()
  const ids = new Map<readonly Difference[], number>()
  const idOf = (list: readonly Difference[]): number => {
    const id = ids.get(list) ?? ids.size
    ids.set(list, id)
    return id
  }
  return (proxy, session, type) => {
    const differences = supposition.differences(proxy, type.typeUrl)
    const clusters = type.typeUrl === endpointType ? supposition.differences(proxy, clusterType) : none
    if (differences.length === 0 && clusters.length === 0) return nothing
    const id = `${idOf(differences)} ${idOf(clusters)} ${session.variant} ${type.subscription.id}`
    const known = measured.get(id)
    if (known !== undefined) return known
    const again = sentAgain(differences, clusters, session)
    const wanted = [...differences, ...again].filter(({ name }) => isWanted(type.subscription, name))
    const size = session.variant === 'delta' ? deltaSize(type, wanted) : sotwSize(session, type, wanted)
    measured.set(id, size)
    return size
  }
}

const none: readonly Difference[] = []

/** The endpoints of a changed cluster are sent with it, because the cluster waits for them. */
function sentAgain(
  differences: readonly Difference[],
  clusters: readonly Difference[],
  { tables }: SessionStatus,
): readonly Difference[] {
  const changed = new Set(differences.map(({ name }) => name))
  return clusters.flatMap(({ name, after }) => {
    if (after === undefined || changed.has(name)) return []
    const same = tables
      .tables(endpointType)
      .find(table => table.get(name) !== undefined)
      ?.get(name)
    return same === undefined ? [] : [{ name, before: same, after: same }]
  })
}

/** Tag and length of a name in `removed_resources`. */
const removalHead = 2

function deltaSize({ typeUrl }: TypeStatus, wanted: readonly Difference[]): Size {
  const told = typeRule(typeUrl).tellsRemovals ? wanted : wanted.filter(({ after }) => after !== undefined)
  const bytesOf = ({ name, after }: Difference): number =>
    after === undefined ? Buffer.byteLength(name) + removalHead : after.wrapped.length
  return { resources: told.length, bytes: told.reduce((bytes, one) => bytes + bytesOf(one), 0) }
}

/** "The server must include the complete state of the world" of two types; a removal of the others is not told. */
function sotwSize({ tables }: SessionStatus, type: TypeStatus, wanted: readonly Difference[]): Size {
  const isWhole = typeRule(type.typeUrl).wholeState
  const told = isWhole ? wanted : wanted.filter(({ after }) => after !== undefined)
  if (told.length === 0) return nothing
  let bytes = told.reduce((total, { after }) => total + (after?.any.length ?? 0), 0)
  if (isWhole) {
    const changed = new Set(told.map(({ name }) => name))
    for (const table of tables.tables(type.typeUrl)) {
      for (const name of table.names()) {
        if (!changed.has(name) && isWanted(type.subscription, name)) bytes += table.get(name)?.any.length ?? 0
      }
    }
  }
  return { resources: told.length, bytes }
}
