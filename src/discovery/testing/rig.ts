/** For tests: a graph with discovery, fed with YAML as users write it. */

import assert from 'node:assert/strict'
import type { AnyObject } from '../../config/kinds/catalogue.ts'
import { type MeshConfigInput, meshConfigFrom } from '../../config/mesh-config.ts'
import { type KindName, objectKey } from '../../config/object.ts'
import { parseConfigText } from '../../config/parse.ts'
import { formatProblem } from '../../config/problem.ts'
import { type CommitReport, createGraph, type Graph, type Source } from '../../graph/graph.ts'
import { createDiscovery, type Discovery } from '../discovery.ts'
import type { OutboundScope, ScopeRequest } from '../scope.ts'
import { scopeKeyOf } from '../scope.ts'
import type { DiscoverySettings } from '../settings.ts'

export interface Rig extends Discovery {
  readonly graph: Graph
  /** One commit. */
  apply(yaml: string): CommitReport
  remove(kind: KindName, key: string): CommitReport
  scope(request: ScopeRequest): OutboundScope
}

export function createRig(yaml = '', mesh: MeshConfigInput = {}, settings?: DiscoverySettings): Rig {
  const graph = createGraph()
  const discovery = createDiscovery(graph, settings)
  const rig: Rig = {
    ...discovery,
    graph,
    apply: text => committed(graph, () => putObjects(discovery, parseYaml(text))),
    remove: (kind, key) => committed(graph, () => discovery.sources[kind].remove(key)),
    scope(request) {
      committed(graph, () => discovery.scopeRequests.put(scopeKeyOf(request), request))
      const scope = discovery.facts.scopes.get(scopeKeyOf(request))
      assert.ok(scope !== undefined)
      return scope
    },
  }
  committed(graph, () => discovery.mesh.put('mesh', meshConfigFrom(mesh)))
  rig.apply(yaml)
  return rig
}

/** Throws when a part of it is refused. */
export function parseYaml(text: string): readonly AnyObject[] {
  const { objects, problems } = parseConfigText(text, 'test.yaml')
  const errors = problems.filter(({ severity }) => severity === 'error')
  assert.deepEqual(errors.map(formatProblem), [])
  return objects
}

/** Inside a commit. */
export function putObjects(discovery: Pick<Discovery, 'sources'>, objects: readonly AnyObject[]): void {
  for (const object of objects) {
    // The object's kind chooses the source, which is the source of objects of that kind.
    const source = discovery.sources[object.kind] as Source<AnyObject>
    source.put(objectKey(object), object)
  }
}

function committed(graph: Graph, edit: () => void): CommitReport {
  const report = graph.commit(edit)
  const failure = report.failures[0]
  if (failure !== undefined) throw failure.error
  return report
}
