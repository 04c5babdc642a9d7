/** Brings configuration into the graph: batches of changed objects and the mesh's settings, each batch one commit. */

import type { ConfigChange } from '../config/files/file-ledger.ts'
import { createFileSource, type FileSource } from '../config/files/file-source.ts'
import { createMeshConfigFile, type MeshConfigFile } from '../config/files/mesh-config-file.ts'
import type { AnyObject } from '../config/kinds/catalogue.ts'
import { defaultMeshConfig, type MeshConfig } from '../config/mesh-config.ts'
import type { SourceState } from '../config/status.ts'
import type { Discovery } from '../discovery/discovery.ts'
import type { Source } from '../graph/graph.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'

export interface ConfigIntakeOptions {
  readonly directories: readonly string[]
  readonly meshConfigFile: string | undefined
  readonly clock: Clock
  readonly log: Log
}

type Sources = Pick<Discovery, 'sources' | 'mesh'>

/** Runs `edit` inside one commit. */
export type Commit = (edit: (sources: Sources) => void) => void

export interface ConfigCounts {
  readonly inForce: number
  readonly refused: number
}

export interface ConfigIntake {
  /** The settings to start with. Throws `MESH_CONFIG_INVALID`. */
  readMesh(): MeshConfig
  /** Resolves when everything that is there has been committed. */
  start(commit: Commit): Promise<void>
  stop(): void
  isSynced(): boolean
  counts(): ConfigCounts
  /** What the sources say of their objects. Cost: the number of objects. */
  sourceState(): SourceState
  /** For `/debug/config`. Cost: the number of objects. */
  status(): Readonly<Record<string, unknown>>
}

export function createConfigIntake(options: ConfigIntakeOptions): ConfigIntake {
  const { clock, log } = options
  const end = new AbortController()
  let files: FileSource | undefined
  let synced = false
  let meshFile: MeshConfigFile | undefined
  let mesh = defaultMeshConfig
  const openMesh = (): MeshConfig => {
    if (options.meshConfigFile === undefined) return mesh
    meshFile ??= createMeshConfigFile({ file: options.meshConfigFile, clock, log })
    mesh = meshFile.read()
    return mesh
  }
  return {
    readMesh: openMesh,
    async start(commit) {
      commit(({ mesh: source }) => source.put('mesh', mesh))
      meshFile?.watch(changed => {
        // Identities and the root are of the trust domain that the daemon started with.
        if (changed.trustDomain !== mesh.trustDomain)
          log.warn({ trustDomain: changed.trustDomain }, 'a changed trust domain counts from the next start')
        commit(({ mesh: source }) => source.put('mesh', { ...changed, trustDomain: mesh.trustDomain }))
      }, end.signal)
      files = createFileSource({
        directories: options.directories,
        clock,
        log,
        onChanges: batch => commit(sources => apply(batch, sources)),
      })
      await files.start(end.signal)
      synced = true
    },
    stop() {
      end.abort()
      files?.stop()
    },
    isSynced: () => synced,
    sourceState: () => files?.state() ?? { objects: [], problems: [] },
    counts: () => (files === undefined ? { inForce: 0, refused: 0 } : files.counts()),
    status: () => ({ meshConfig: mesh, ...files?.state() }),
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
