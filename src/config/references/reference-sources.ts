/** What the checks across objects start from: the objects in force by kind, and the settings of the mesh. */

import { plainEqual } from '../../graph/equality.ts'
import type { CollectionReader, Graph, Source } from '../../graph/graph.ts'
import type { AnyObject, ObjectOf } from '../kinds/catalogue.ts'
import { defaultMeshConfig, type MeshConfig } from '../mesh-config.ts'
import { type KindName, kindNames } from '../object.ts'

export interface ReferenceSources {
  /** By `objectKey`. */
  readonly objects: { readonly [K in KindName]: Source<ObjectOf<K>> }
  /** One item, key `mesh`. */
  readonly mesh: Source<MeshConfig>
}

export function createReferenceSources(graph: Graph): ReferenceSources {
  const objects = kindNames.map(kind => [kind, graph.source<AnyObject>(kind, sameContent)] as const)
  const mesh = graph.source<MeshConfig>('mesh')
  graph.commit(() => mesh.put('mesh', defaultMeshConfig))
  // Sound: each object is put into the source of its own kind.
  return { objects: Object.fromEntries(objects) as unknown as ReferenceSources['objects'], mesh }
}

export interface MeshReader {
  readonly mesh: CollectionReader<MeshConfig>
}

export const meshOf = ({ mesh }: MeshReader): MeshConfig => mesh.get('mesh') ?? defaultMeshConfig

function sameContent(a: AnyObject, b: AnyObject): boolean {
  return plainEqual(a.metadata, b.metadata) && plainEqual(a.spec, b.spec)
}
