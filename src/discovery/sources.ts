/** The graph's inputs: configuration objects by kind, and the mesh's settings. */

import type { ObjectOf } from '../config/kinds/catalogue.ts'
import { defaultMeshConfig, type MeshConfig } from '../config/mesh-config.ts'
import { type KindName, kindNames } from '../config/object.ts'
import { plainEqual } from '../graph/equality.ts'
import type { CollectionReader, Graph, Source } from '../graph/graph.ts'

/** Each by the object's key (`NAMESPACE/NAME`, or `/NAME`). */
export type Sources = { readonly [K in KindName]: Source<ObjectOf<K>> }

/** One item, key `mesh`. */
export type MeshSource = Source<MeshConfig>

export function createSources(graph: Graph): Sources {
  const sources = kindNames.map(kind => [kind, graph.source<ObjectOf<KindName>>(kind, sameContent)] as const)
  // Sound as long as each object is put into the source of its kind, which the types of `put` demand.
  return Object.fromEntries(sources) as unknown as Sources
}

/** Holds the defaults until somebody puts something else. */
export function createMeshSource(graph: Graph): MeshSource {
  const mesh = graph.source<MeshConfig>('mesh')
  graph.commit(() => mesh.put('mesh', defaultMeshConfig))
  return mesh
}

/** The settings in force. */
export function meshOf(reads: { readonly mesh: CollectionReader<MeshConfig> }): MeshConfig {
  return reads.mesh.get('mesh') ?? defaultMeshConfig
}

/** An object that only moved within its file, or to another, is the same. */
function sameContent(a: ObjectOf<KindName>, b: ObjectOf<KindName>): boolean {
  return plainEqual(a.metadata, b.metadata) && plainEqual(a.spec, b.spec) && plainEqual(a.status, b.status)
}
