/**
 * The checks across objects: what each object takes for granted of others, kept current change by change.
 *
 *     objects, mesh settings ─▶ served hosts, label sets, indexes by what is referenced ─▶ findings of each object
 *
 * A graph of its own beside the one that makes resources, so that no proxy waits for a warning. Cost of a change: the
 * objects that named, by host, label or name, what has changed.
 */

import { plainEqual } from '../../graph/equality.ts'
import { type Change, type CommitReport, createGraph, type Source } from '../../graph/graph.ts'
import type { AnyObject } from '../kinds/catalogue.ts'
import { qualifiedHost } from '../meaning/hostname.ts'
import { byText } from '../meaning/seniority.ts'
import type { MeshConfig } from '../mesh-config.ts'
import type { KindName } from '../object.ts'
import { type Problem, placeOfOrigin } from '../problem.ts'
import { deriveFindings } from './derive-findings.ts'
import type { Finding } from './finding.ts'
import { createReferenceSources } from './reference-sources.ts'

/** An object that is in force now, or is no longer. */
export interface ObjectChange {
  readonly kind: KindName
  /** `objectKey`. */
  readonly key: string
  readonly object: AnyObject | undefined
}

export interface ReferenceEdit {
  readonly changes?: readonly ObjectChange[]
  readonly mesh?: MeshConfig
}

export interface ReferencesApplied {
  /** Objects that were looked at again, by the name of the check. */
  readonly checked: ReadonlyMap<string, number>
  /** Those of which something else is wrong than before, as `Kind/namespace/name`; sorted. */
  readonly changed: readonly string[]
}

export interface Told {
  readonly problems: readonly Problem[]
  /** As `ReferencesApplied.changed`, in no order. */
  readonly changed: readonly string[]
}

export interface References {
  /** Synchronous. */
  apply(edit: ReferenceEdit): ReferencesApplied
  /** Applies, and answers what is told because of it: of the changed objects everything, of others what is new. */
  applyTelling(changes: readonly ObjectChange[]): Told
  /** Of one object, in the order of its fields; a warning each. */
  problemsOf(id: { readonly kind: KindName; readonly namespace: string; readonly name: string }): readonly Problem[]
  /** Of all objects. Cost: the objects of which something is wrong. */
  all(): readonly Problem[]
  /** Objects of which something is wrong. */
  readonly size: number
}

export interface ReferenceSettings {
  /** The DNS domain of cluster services. */
  readonly domain: string
}

export function createReferences({ domain }: ReferenceSettings = { domain: 'cluster.local' }): References {
  const graph = createGraph()
  const sources = createReferenceSources(graph)
  const findings = deriveFindings(graph, { sources, qualify: (host, of) => qualifiedHost(host, of, domain), domain })
  let changed: readonly Change<readonly Finding[]>[] = []
  findings.onCommit(changes => {
    changed = changes
  })
  const objectOf = (id: string): AnyObject | undefined => {
    const slash = id.indexOf('/')
    // Sound: findings are derived from the sources, under `Kind/objectKey`.
    return sources.objects[id.slice(0, slash) as KindName].get(id.slice(slash + 1))
  }
  const problemsAt = (id: string, told: readonly Finding[] = findings.get(id) ?? []): readonly Problem[] => {
    const object = objectOf(id)
    return object === undefined ? [] : told.map(finding => problemFrom(object, finding))
  }
  const commit = ({ changes = [], mesh }: ReferenceEdit): CommitReport => {
    changed = []
    const report = graph.commit(() => {
      if (mesh !== undefined) sources.mesh.put('mesh', mesh)
      for (const { kind, key, object } of changes) {
        // Sound: the object is of the kind that the change names.
        const source = sources.objects[kind] as unknown as Source<AnyObject>
        if (object === undefined) source.remove(key)
        else source.put(key, object)
      }
    })
    const first = report.failures[0]
    if (first !== undefined) throw first.error
    return report
  }
  return {
    apply(edit) {
      const { recomputed } = commit(edit)
      return { checked: recomputed, changed: changed.map(({ key }) => key).sort() }
    },
    applyTelling(changes) {
      commit({ changes })
      const own = new Set(changes.map(({ kind, key }) => `${kind}/${key}`))
      const ofOthers = changed.filter(({ key }) => !own.has(key)).sort((a, b) => byText(a.key, b.key))
      return {
        problems: [
          ...[...own].flatMap(id => problemsAt(id)),
          ...ofOthers.flatMap(change => problemsAt(change.key, newFindings(change))),
        ],
        changed: changed.map(({ key }) => key),
      }
    },
    problemsOf: ({ kind, namespace, name }) => problemsAt(`${kind}/${namespace}/${name}`),
    all: () => [...findings.keys()].sort().flatMap(id => problemsAt(id)),
    get size() {
      return findings.size
    },
  }
}

function newFindings({ before = [], after = [] }: Change<readonly Finding[]>): readonly Finding[] {
  return after.filter(finding => !before.some(known => plainEqual(known, finding)))
}

function problemFrom(object: AnyObject, finding: Finding): Problem {
  const { namespace, name } = object.metadata
  return { severity: 'warning', ...placeOfOrigin(object.origin), kind: object.kind, namespace, name, ...finding }
}
