/** `ConfigAccess` over the store, the files and the door: versions from the store, what is true of them now from both. */

import type { Door } from '../door/door.ts'
import type { Problem } from '../problem.ts'
import { placeOfOrigin } from '../problem.ts'
import type { SourceState } from '../source-state.ts'
import type {
  ConfigAccess,
  ConfigCommit,
  ConfigEntry,
  ConfigPage,
  EntryQuery,
  EntryState,
  RefusedEntry,
} from '../store/config-access.ts'
import type { Committed, ConfigSource, ConfigStore, ObjectId, StoredVersion } from '../store/config-store.ts'
import { byId, idOf, idText } from '../store/object-id.ts'
import { refusedOfFiles } from './file-problems.ts'
import type { MergedConfig } from './merged-config.ts'
import type { RefusedEntries } from './refused-entries.ts'

export interface MergedAccessOptions {
  readonly store: ConfigStore
  readonly merged: MergedConfig
  readonly door: Door
  readonly files: FilesView
  readonly refused: RefusedEntries
}

export interface FilesView {
  state(): SourceState
  problemsOf(id: ObjectId): readonly Problem[]
  isLastGood(id: string): boolean
}

export interface MergedAccess extends ConfigAccess {
  /** Tells the listeners; the graph has the commit. */
  announce(committed: Committed): void
}

export function createMergedAccess({ store, merged, door, files, refused }: MergedAccessOptions): MergedAccess {
  const listeners = new Set<(commit: ConfigCommit) => void>()

  const stateOf = (version: StoredVersion): EntryState => {
    if (version.object === undefined) return 'deleted'
    // Of a dry run: as it would be.
    if (version.revision > store.revision()) return 'in force'
    if (store.facts(version)?.revision !== version.revision) return 'past'
    if (version.source.kind === 'file') return files.isLastGood(idText(version)) ? 'last good in force' : 'in force'
    return merged.storeState(version)?.verdict ?? 'in force'
  }
  const problemsNow = (version: StoredVersion): readonly Problem[] => {
    const conflict = merged.conflictOf(version)
    if (version.source.kind === 'file') return files.problemsOf(version)
    const own = merged.storeState(version)?.problems ?? []
    return conflict === undefined ? own : [...own, conflict.onStore, conflict.onFile]
  }
  /** An object that only moved in its file is not a new version: the place is that of now. */
  const sourceOf = (version: StoredVersion): ConfigSource => {
    const object = version.source.kind === 'file' ? merged.fileObject(version) : undefined
    return object === undefined ? version.source : { kind: 'file', ...placeOfOrigin(object.origin) }
  }
  const entryOf = (version: StoredVersion): ConfigEntry => {
    const state = stateOf(version)
    const isNow = state !== 'past' && state !== 'deleted'
    return {
      ...version,
      source: isNow ? sourceOf(version) : version.source,
      readOnly: version.source.kind === 'file',
      state,
      problems: isNow ? problemsNow(version) : [],
    }
  }
  const commitOf = ({ revision, versions }: Committed): ConfigCommit => ({
    revision,
    entries: versions.map(entryOf),
  })
  const list = ({ withRefused = false, ...query }: EntryQuery): ConfigPage => {
    const revision = query.at ?? store.revision()
    const { limit } = query
    const versions = store.list(limit === undefined ? query : { ...query, limit: limit + 1 })
    const found = withRefused ? refused.list(query) : []
    const entries = found.length === 0 ? versions.map(entryOf) : [...versions.map(entryOf), ...found].sort(byId)
    const page = { revision, entries: entries.slice(0, limit) }
    const last = limit !== undefined && entries.length > limit ? entries[limit - 1] : undefined
    return last === undefined ? page : { ...page, next: idOf(last) }
  }
  return {
    revision: () => store.revision(),
    oldestRevision: () => store.oldestRevision(),
    get(id: ObjectId, at) {
      const version = store.get(id, at)
      if (version !== undefined) return entryOf(version)
      return at === undefined ? refused.get(id) : undefined
    },
    list,
    history: id => store.history(id).map(entryOf),
    revisionAt: timeMs => store.revisionAt(timeMs),
    changesSince: (revision, limit) => store.changesSince(revision, limit).map(commitOf),
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    refused(): readonly RefusedEntry[] {
      const conflicts = merged.conflicts().map(
        ({ id, onFile }): RefusedEntry => ({
          id,
          source: { kind: 'file', file: onFile.file, line: onFile.line, column: onFile.column },
          state: 'shadowed',
          problems: [onFile],
        }),
      )
      return [...refusedOfFiles(files.state()), ...conflicts]
    },
    async apply(request) {
      const { revision, versions, warnings, effect } = await door(request)
      const entries = versions.flatMap(version => (version === undefined ? [] : [entryOf(version)]))
      return { revision, entries, warnings, effect }
    },
    announce(committed) {
      if (listeners.size === 0) return
      const commit = commitOf(committed)
      for (const listener of [...listeners]) listener(commit)
    },
  }
}
