/**
 * Keeps the checks across objects current with the configuration in force, after the proxies have been told of a change and
 * never before: a warning is worth no millisecond of theirs.
 */

import type { AnyObject } from '../../config/kinds/catalogue.ts'
import type { MeshConfig } from '../../config/mesh-config.ts'
import { kindNames } from '../../config/object.ts'
import { type Problem, textOfProblem } from '../../config/problem.ts'
import { createReferences, type ObjectChange, type References } from '../../config/references/references.ts'
import type { Discovery } from '../../discovery/discovery.ts'
import { type DiscoverySettings, defaultSettings } from '../../discovery/settings.ts'
import type { Collection } from '../../graph/graph.ts'
import type { Log } from '../../platform/log.ts'

export interface SupposedReferences {
  readonly problems: readonly Problem[]
  takeBack(): void
}

export interface ReferenceChecks extends Pick<References, 'problemsOf' | 'all'> {
  /**
   * What is told once the changes are made. They stand from now on, so that their commit costs nothing more here; where
   * they are not committed, `takeBack` puts what is in force in their place.
   */
  suppose(changes: readonly ObjectChange[]): SupposedReferences
  /** Looks at what commits have changed since the last call. */
  settle(): void
}

export function followReferences(
  { sources, mesh }: Pick<Discovery, 'sources' | 'mesh'>,
  log: Log,
  { domain }: DiscoverySettings = defaultSettings,
): ReferenceChecks {
  const references = createReferences({ domain })
  /** What suppositions have changed, to be logged with their commit. */
  const unlogged = new Set<string>()
  const touched = new Map<string, Pick<ObjectChange, 'kind' | 'key'>>()
  let appliedMesh: MeshConfig | undefined
  for (const kind of kindNames) {
    const source = sources[kind] as Collection<AnyObject>
    source.onCommit(changes => {
      for (const { key } of changes) touched.set(`${kind}/${key}`, { kind, key })
    })
  }
  const settle = (): void => {
    const settings = mesh.get('mesh')
    // Settings that were only supposed have been taken back: the same object is there again.
    const isMeshNew = settings !== undefined && settings !== appliedMesh
    if (touched.size === 0 && !isMeshNew) return
    // What is there now: an edit that was only supposed has been taken back.
    const changes = [...touched.values()].map(change => ({ ...change, object: sources[change.kind].get(change.key) }))
    touched.clear()
    const edit = isMeshNew ? { changes, mesh: settings } : { changes }
    appliedMesh = settings
    const { changed } = references.apply(edit)
    const told = new Set([...unlogged, ...changed])
    unlogged.clear()
    for (const problem of [...told].sort().flatMap(id => references.problemsOf(idFrom(id)))) warn(problem, log)
  }
  return {
    problemsOf: id => references.problemsOf(id),
    all: () => references.all(),
    settle,
    suppose(changes) {
      settle()
      const { problems, changed } = references.applyTelling(changes)
      for (const id of changed) unlogged.add(id)
      return {
        problems,
        takeBack() {
          for (const id of changed) unlogged.delete(id)
          for (const { kind, key } of changes) touched.set(`${kind}/${key}`, { kind, key })
          settle()
        },
      }
    },
  }
}

function idFrom(id: string): Parameters<References['problemsOf']>[0] {
  const [kind = '', namespace = '', name = ''] = id.split('/')
  // Sound: `References` names objects so, and neither kinds nor names hold a slash.
  return { kind: kind as ObjectChange['kind'], namespace, name }
}

function warn(problem: Problem, log: Log): void {
  log.warn({ code: problem.code, place: `${problem.file}:${problem.line}` }, textOfProblem(problem))
}
