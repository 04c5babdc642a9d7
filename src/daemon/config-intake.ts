/** Brings configuration into the graph: batches of changed objects and the mesh's settings, each batch one commit. */

import type { ConfigChange } from '../config/files/file-ledger.ts'
import { createFileSource, type FileSource } from '../config/files/file-source.ts'
import { createMeshConfigFile, type MeshConfigFile } from '../config/files/mesh-config-file.ts'
import type { AnyObject } from '../config/kinds/catalogue.ts'
import { defaultMeshConfig, type MeshConfig } from '../config/mesh-config.ts'
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

export interface IntakeTarget {
  /** Runs `edit` inside one commit. */
  commit(edit: (sources: Sources) => void): void
  onStatus(counts: { readonly inForce: number; readonly refused: number }): void
}

export interface ConfigIntake {
  /** The settings to start with. Throws `MESH_CONFIG_INVALID`. */
  readMesh(): MeshConfig
  /** Resolves when everything that is there has been committed. */
  start(target: IntakeTarget): Promise<void>
  stop(): void
  isSynced(): boolean
  /** For `/debug/config`. */
  status(): unknown
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
    async start(target) {
      target.commit(({ mesh: source }) => source.put('mesh', mesh))
      meshFile?.watch(changed => {
        // Identities and the root are of the trust domain that the daemon started with.
        if (changed.trustDomain !== mesh.trustDomain)
          log.warn({ trustDomain: changed.trustDomain }, 'a changed trust domain counts from the next start')
        target.commit(({ mesh: source }) => source.put('mesh', { ...changed, trustDomain: mesh.trustDomain }))
      }, end.signal)
      const source = createFileSource({
        directories: options.directories,
        clock,
        log,
        onChanges: batch => {
          target.commit(sources => apply(batch, sources))
          target.onStatus(countsOf(source))
        },
        onProblems: () => target.onStatus(countsOf(source)),
      })
      files = source
      await source.start(end.signal)
      synced = true
    },
    stop() {
      end.abort()
      files?.stop()
    },
    isSynced: () => synced,
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

function countsOf(source: FileSource): { inForce: number; refused: number } {
  const { objects, problems } = source.state()
  const refused = new Set(problems.filter(({ severity }) => severity === 'error').map(refusedId))
  return { inForce: objects.filter(({ state }) => state !== 'shadowed').length, refused: refused.size }
}

function refusedId(problem: {
  readonly file: string
  readonly line: number
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
}): string {
  const { file, line, kind, namespace, name } = problem
  return name === undefined ? `${file}:${line}` : `${kind}/${namespace}/${name}`
}
