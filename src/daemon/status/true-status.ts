/** Everything that tells what is true of objects and proxies, joined: one for the daemon. */

import type { StatusView } from '../../admin/status-view.ts'
import type { Effect } from '../../config/effect.ts'
import type { ConfigChange } from '../../config/files/file-ledger.ts'
import type { AnyObject } from '../../config/kinds/catalogue.ts'
import type { KindName } from '../../config/object.ts'
import type { ObjectReference } from '../../config/object-status.ts'
import type { Problem } from '../../config/problem.ts'
import type { SourceState } from '../../config/status.ts'
import type { Discovery } from '../../discovery/discovery.ts'
import type { Change } from '../../graph/graph.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Translation } from '../../translate/engine.ts'
import type { AdsServer } from '../../xds/ads-server.ts'
import type { ResourceTable } from '../../xds/resource-table.ts'
import type { SessionStatus } from '../../xds/session-status.ts'
import type { ProxyDirectory } from '../directory.ts'
import { previewEffect } from './effect-preview.ts'
import { createObjectStatuses, type ObjectStatuses } from './object-statuses.ts'
import { createRecentChanges } from './recent-changes.ts'
import { statusView } from './status-view.ts'
import { supposedEdit } from './supposed-edit.ts'
import { createWaits } from './waits.ts'

export interface TrueStatusOptions {
  readonly ads: () => AdsServer
  readonly translation: Translation<ResourceTable>
  readonly discovery: Discovery
  readonly directory: ProxyDirectory
  readonly sourceState: () => SourceState
  /** What checks across objects have to say of one. */
  readonly referenceProblems: (reference: ObjectReference) => readonly Problem[]
  readonly clock: Clock
}

export interface TrueStatus {
  readonly view: StatusView
  readonly statuses: ObjectStatuses
  /** What these changes would push if they were committed now. Cost: two commits of them, and the number of streams. */
  preview(changes: readonly ConfigChange[]): Effect
  /** A stream has acknowledged or refused something. */
  heard(session: SessionStatus): void
  left(session: SessionStatus): void
  /** To be called after each commit and its flush. */
  committed(): void
}

export function createTrueStatus(options: TrueStatusOptions): TrueStatus {
  const { translation, discovery, directory, clock } = options
  const sessions = (): Iterable<SessionStatus> => options.ads().sessions()
  const recent = createRecentChanges(() => clock.now())
  for (const kind of Object.keys(discovery.sources) as KindName[]) {
    discovery.sources[kind].onCommit((changes: readonly Change<AnyObject>[]) => {
      if (!translation.isSupposing) recent.note(kind, changes)
    })
  }
  const parts = {
    translation,
    discovery,
    sources: discovery.sources,
    recent,
    sessions,
    proxyOf: directory.proxyOf,
    sourceState: options.sourceState,
    referenceProblems: options.referenceProblems,
    clock,
    quarantinedOf: () => [],
    quarantinedFor: () => [],
  }
  const statuses = createObjectStatuses(parts)
  const waits = createWaits({ statuses, recent, proxyOf: directory.proxyOf, clock })
  return {
    statuses,
    view: statusView({ ...parts, statuses, waits }),
    preview: changes => previewEffect(parts, supposedEdit(discovery.sources, changes)),
    heard: session => waits.heard(session),
    left: session => waits.left(session),
    committed: () => waits.committed(),
  }
}
