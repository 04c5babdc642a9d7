/** Everything that tells what is true of objects and proxies, joined: one for the daemon. */

import type { StatusView } from '../../admin/status-view.ts'
import type { Effect } from '../../config/effect.ts'
import type { ConfigChange } from '../../config/files/file-ledger.ts'
import type { AnyObject } from '../../config/kinds/catalogue.ts'
import type { KindName } from '../../config/object.ts'
import type { ObjectReference } from '../../config/object-status.ts'
import type { Problem } from '../../config/problem.ts'
import type { SourceState } from '../../config/source-state.ts'
import type { Discovery } from '../../discovery/discovery.ts'
import type { Change } from '../../graph/graph.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Log } from '../../platform/log.ts'
import type { Translation } from '../../translate/engine.ts'
import type { AdsServer } from '../../xds/ads-server.ts'
import type { ResourceTable } from '../../xds/resource-table.ts'
import type { SessionStatus } from '../../xds/session-status.ts'
import type { ProxyDirectory } from '../proxy-directory.ts'
import { previewEffect } from './experiment/effect-preview.ts'
import { createRecentChanges, type RecentChange } from './experiment/recent-changes.ts'
import { supposedEdit } from './experiment/supposed-edit.ts'
import { createListedProgress, type ListedProgress } from './listed-progress.ts'
import { createObjectStatuses, type ObjectStatuses } from './object-statuses.ts'
import { createDryRun } from './quarantine/dry-run.ts'
import { createQuarantine, type Quarantine, type QuarantineObserver } from './quarantine/quarantine.ts'
import { statusView } from './status-view.ts'
import { createWaits } from './waits.ts'

export interface TrueStatusOptions {
  readonly ads: () => AdsServer
  readonly translation: Translation<ResourceTable>
  readonly discovery: Discovery
  readonly directory: ProxyDirectory
  readonly sourceState: () => SourceState
  /** What checks across objects have to say of one. */
  readonly referenceProblems: (reference: ObjectReference) => readonly Problem[]
  /** As `RecentChangesOptions.earlier`. */
  readonly earlierChanges: (limit: number) => readonly RecentChange[]
  readonly quarantine: QuarantineSettings
  readonly observer: QuarantineObserver
  readonly clock: Clock
  readonly log: Log
}

export interface QuarantineSettings {
  /** Distinct identities that must refuse the same content; 0: however many, they are not enough. */
  readonly identities: number
  /** Path of an Envoy that is asked, too. */
  readonly dryRunEnvoy: string | undefined
}

export interface TrueStatus {
  readonly quarantine: Quarantine
  readonly view: StatusView
  readonly statuses: ObjectStatuses
  /** Of lists. */
  readonly listed: ListedProgress
  /** What these changes would push if they were committed now. Cost: two commits of them, and the number of streams. */
  preview(changes: readonly ConfigChange[]): Effect
  /** A stream has acknowledged something. */
  accepted(session: SessionStatus): void
  refused(session: SessionStatus, typeUrl: string, message: string): void
  left(session: SessionStatus): void
  /** The configuration has been loaded. */
  loaded(): void
  /** To be called after each commit, before its flush. */
  settled(): void
  /** To be called after the flush. */
  committed(): void
}

export function createTrueStatus(options: TrueStatusOptions): TrueStatus {
  const { translation, discovery, directory, clock } = options
  const sessions = (): Iterable<SessionStatus> => options.ads().sessions()
  const recent = createRecentChanges({ now: () => clock.now(), earlier: options.earlierChanges })
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
  }
  const { identities, dryRunEnvoy } = options.quarantine
  const quarantine = createQuarantine({
    ...parts,
    identities,
    dryRun: dryRunEnvoy === undefined ? undefined : createDryRun(dryRunEnvoy),
    flush: () => options.ads().flush(),
    observer: options.observer,
    log: options.log,
  })
  const held = {
    quarantinedOf: (reference: ObjectReference) => quarantine.heldOf(reference),
    quarantinedFor: (session: SessionStatus, typeUrl: string) => quarantine.heldFor(session, typeUrl),
    blameFor: (typeUrl: string, names: readonly string[]) => quarantine.blameFor(typeUrl, names),
  }
  const statuses = createObjectStatuses({ ...parts, ...held })
  const listed = createListedProgress(parts)
  const waits = createWaits({ statuses, recent, proxyOf: directory.proxyOf, clock })
  return {
    statuses,
    listed,
    view: statusView({ ...parts, ...held, statuses, waits }),
    preview: changes => previewEffect(parts, supposedEdit(discovery.sources, changes)),
    quarantine,
    accepted: session => waits.heard(session),
    refused(session, typeUrl, message) {
      quarantine.refused(session, typeUrl, message)
      waits.heard(session)
    },
    loaded: () => recent.loaded(),
    settled: () => quarantine.committed(),
    left: session => waits.left(session),
    committed() {
      listed.committed()
      waits.committed()
    },
  }
}
