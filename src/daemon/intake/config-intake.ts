/**
 * Brings configuration into the graph: batches of changed objects and the mesh's settings, each batch one commit.
 *
 *     files ─▶ ┐                ┌─▶ graph
 *              ├─ merged ───────┤
 *     store ─▶ ┘                └─▶ recorder ─▶ store (what files say, for history, watches and the past)
 *       ▲
 *       └─ door ◀─ access.apply
 */

import { createDoor, type Ownership, type SupposeReferences } from '../../config/door/door.ts'
import { type DoorObserver, observedDoor } from '../../config/door/observed-door.ts'
import type { Quotas } from '../../config/door/quotas.ts'
import type { Effect } from '../../config/effect.ts'
import type { ConfigChange } from '../../config/files/file-ledger.ts'
import { createFileSource, type FileSource } from '../../config/files/file-source.ts'
import type { RefusedObject } from '../../config/files/refused-object.ts'
import { createSettingsFile, type SettingsFile, type SettingsFileState } from '../../config/files/settings-file.ts'
import { meshConfigReader, meshNetworksReader } from '../../config/files/settings-readers.ts'
import type { AnyObject } from '../../config/kinds/catalogue.ts'
import { createMergedAccess } from '../../config/merge/config-access-merged.ts'
import { fileProblemsById } from '../../config/merge/file-problems.ts'
import { createFileRecorder } from '../../config/merge/file-recorder.ts'
import { createMergedConfig, type MergedConfig } from '../../config/merge/merged-config.ts'
import { createRefusedEntries } from '../../config/merge/refused-entries.ts'
import type { MeshNetworks } from '../../config/mesh/mesh-networks-message.ts'
import { defaultMeshConfig, type MeshConfig } from '../../config/mesh-config.ts'
import { noNetworks } from '../../config/parse-mesh-networks.ts'
import { byPlace, type Problem } from '../../config/problem.ts'
import type { SourceState } from '../../config/source-state.ts'
import type { ConfigAccess } from '../../config/store/config-access.ts'
import type { StoreFigures, VersionFacts } from '../../config/store/config-store.ts'
import { idText } from '../../config/store/object-id.ts'
import { openConfigStore } from '../../config/store/sqlite/config-store-sqlite.ts'
import { keepHistory } from '../../config/store/sqlite/history-keeper.ts'
import type { HistoryPolicy } from '../../config/store/sqlite/history-policy.ts'
import type { Discovery } from '../../discovery/discovery.ts'
import type { Source } from '../../graph/graph.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Log } from '../../platform/log.ts'

export interface ConfigIntakeOptions {
  readonly directories: readonly string[]
  readonly meshConfigFile: string | undefined
  readonly meshNetworksFile: string | undefined
  readonly database: Database
  readonly quotas: Quotas
  readonly history: HistoryPolicy
  /** What of changes binds hosts that it must not. */
  readonly ownership: Ownership
  /** What changes would push. */
  readonly preview: (changes: readonly ConfigChange[]) => Effect
  /** What checks across objects say because of changes. */
  readonly references: SupposeReferences
  readonly newUid: () => string
  /** Absent: nobody counts. */
  readonly observer?: DoorObserver
  readonly clock: Clock
  readonly log: Log
}

type Sources = Pick<Discovery, 'sources' | 'mesh' | 'networks'>

/** Runs `edit` inside one commit. */
export type Commit = (edit: (sources: Sources) => void) => void

export interface ConfigCounts {
  readonly inForce: number
  readonly refused: number
  /** Files of settings that are not valid as they are now. */
  readonly refusedSettings: number
}

export interface ConfigIntake {
  /** The settings to start with. Throws `MESH_CONFIG_INVALID` and `MESH_NETWORKS_INVALID`. */
  readMesh(): MeshConfig
  /** Resolves when everything that is there has been committed. */
  start(commit: Commit): Promise<void>
  /** Resolves when what the files have said is recorded. */
  stop(): Promise<void>
  isSynced(): boolean
  /** All sources as one, and the way in. Complete once it has started. */
  readonly access: ConfigAccess
  /** Of every object that exists, of all sources; in no order. */
  versions(): readonly VersionFacts[]
  counts(): ConfigCounts
  figures(): StoreFigures
  /** What the sources say of their objects. Cost: the number of objects. */
  sourceState(): SourceState
  /** For `/debug/config`. Cost: the number of objects. */
  status(): Readonly<Record<string, unknown>>
}

export function createConfigIntake(options: ConfigIntakeOptions): ConfigIntake {
  const { clock, log } = options
  const end = new AbortController()
  const store = openConfigStore(options)
  const compaction = keepHistory({ store, clock, log })
  let commit: Commit = () => {}
  let files: FileSource | undefined
  let problems: readonly Problem[] = []
  let synced = false
  let meshFile: SettingsFile<MeshConfig> | undefined
  let networksFile: SettingsFile<MeshNetworks> | undefined
  let mesh = defaultMeshConfig
  let networks = noNetworks
  const merged = createMergedConfig({
    store,
    log,
    onChanges: batch => commit(sources => apply(batch, sources)),
    onFileObjects: ids => recorder.touch(ids),
  })
  const recorder = createFileRecorder({ store, clock, log, fileObject: id => merged.fileObject(id) })
  const { ownership, preview, quotas, references } = options
  const problemsOf = fileProblemsById(() => problems)
  const refused = createRefusedEntries({
    refused: () => files?.refused() ?? noneRefused,
    problemsOf,
    isInForce: id => store.staged(id) !== undefined || merged.fileObject(id) !== undefined,
  })
  const door = createDoor({ store, merged, refused, quotas, ownership, preview, references, now: () => clock.now() })
  const access = createMergedAccess({
    store,
    merged,
    refused,
    door: options.observer === undefined ? door : observedDoor(door, options.observer, clock),
    files: {
      state: () => files?.state() ?? noState,
      problemsOf,
      isLastGood: id => files?.isLastGood(id) === true,
    },
  })
  store.onCommit(committed => {
    merged.takeCommit(committed)
    access.announce(committed)
  })
  const openMesh = (): MeshConfig => {
    if (options.meshNetworksFile !== undefined) {
      networksFile ??= createSettingsFile(meshNetworksReader, { file: options.meshNetworksFile, clock, log })
      networks = networksFile.read()
    }
    if (options.meshConfigFile === undefined) return mesh
    meshFile ??= createSettingsFile(meshConfigReader, { file: options.meshConfigFile, clock, log })
    mesh = meshFile.read()
    return mesh
  }
  const settingsFiles = (): readonly SettingsFileState[] =>
    [meshFile, networksFile].flatMap(file => (file === undefined ? [] : [file.state()]))
  return {
    readMesh: openMesh,
    access,
    async start(committing) {
      commit = committing
      commit(sources => {
        sources.mesh.put('mesh', mesh)
        sources.networks.put('mesh', networks)
      })
      networksFile?.watch(changed => {
        networks = changed
        commit(({ networks: source }) => source.put('mesh', changed))
      }, end.signal)
      meshFile?.watch(changed => {
        // Identities and the root are of the trust domain that the daemon started with.
        if (changed.trustDomain !== mesh.trustDomain)
          log.warn({ trustDomain: changed.trustDomain }, 'a changed trust domain counts from the next start')
        commit(({ mesh: source }) => source.put('mesh', { ...changed, trustDomain: mesh.trustDomain }))
      }, end.signal)
      merged.start()
      files = createFileSource({
        directories: options.directories,
        clock,
        log,
        onChanges: batch => merged.takeFiles(batch),
        onProblems(found) {
          problems = found
        },
      })
      await files.start(end.signal)
      // What the files had when the daemon last ran and have no more.
      recorder.touch(store.current().filter(({ source }) => source.kind === 'file'))
      compaction.start()
      synced = true
    },
    async stop() {
      end.abort()
      files?.stop()
      compaction.stop()
      await recorder.settled()
      recorder.stop()
    },
    isSynced: () => synced,
    versions: () => store.current(),
    sourceState: () => stateOf(files?.state() ?? noState, merged),
    figures: () => store.figures(),
    counts() {
      const ofFiles = files?.counts() ?? { inForce: 0, refused: 0 }
      const ofStore = merged.storeCounts()
      const contested = merged.conflicts().length
      return {
        inForce: ofFiles.inForce - contested + ofStore.inForce,
        refused: ofFiles.refused + contested + ofStore.refused,
        refusedSettings: settingsFiles().filter(({ fault }) => fault !== undefined).length,
      }
    },
    status: () => ({
      meshConfig: mesh,
      meshNetworks: networks,
      settings: settingsFiles(),
      revision: store.revision(),
      ...stateOf(files?.state() ?? noState, merged),
    }),
  }
}

const noneRefused: readonly RefusedObject[] = []
const noState: SourceState = { objects: [], problems: [] }

/** Of the files, less what the store keeps out of force. */
function stateOf({ objects, problems }: SourceState, merged: MergedConfig): SourceState {
  const conflicts = merged.conflicts()
  if (conflicts.length === 0) return { objects, problems }
  const kept = new Set(conflicts.map(({ id }) => idText(id)))
  return {
    objects: objects.map(object => (kept.has(idText(object)) ? { ...object, state: 'shadowed' } : object)),
    problems: [...problems, ...conflicts.map(({ onFile }) => onFile)].sort(byPlace),
  }
}

function apply(batch: readonly ConfigChange[], { sources }: Sources): void {
  for (const { kind, key, object } of batch) {
    // Sound: the object is of the kind that the change names.
    const source = sources[kind] as Source<AnyObject>
    if (object === undefined) source.remove(key)
    else source.put(key, object)
  }
}
