/**
 * Which objects and fields the resources of a proxy came from. The graph remembers what each derivation has read; of those
 * objects each is taken away in an experiment, then each of its fields, and what is different then came from it. So it is
 * the truth about this proxy now, for any kind of object and resource, and costs nothing until somebody asks.
 */

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AnyObject } from '../../../config/kinds/catalogue.ts'
import type { KindName } from '../../../config/object.ts'
import type { Sources } from '../../../discovery/sources.ts'
import type { Clock } from '../../../platform/clock.ts'
import type { ProxyTables } from '../../../translate/connected-proxy.ts'
import type { Translation } from '../../../translate/engine.ts'
import type { Difference } from '../../../translate/supposition.ts'
import type { ResourceTable } from '../../../xds/resource-table.ts'
import { childrenOf, type FieldPath, formatPath, topFields } from '../experiment/object-fields.ts'
import { type Experiment, supposedEdit } from '../experiment/supposed-edit.ts'
import { variantAt } from '../experiment/variants.ts'
import { changedParts } from './changed-parts.ts'
import { type MeshWideInputs, type MeshWideSource, meshWideSources } from './mesh-wide.ts'

export interface ProvenanceParts {
  readonly translation: Translation<ResourceTable>
  readonly sources: Sources
  readonly discovery: MeshWideInputs
  readonly clock: Pick<Clock, 'monotonicMs'>
}

export interface Subject {
  readonly proxy: ProxyTables<ResourceTable>
  readonly typeUrl: string
  readonly names: readonly string[]
}

export interface Explanation {
  /** By name of the resource, the objects that it came from, sorted by kind, namespace and name. */
  readonly sources: ReadonlyMap<string, readonly ResourceSource[]>
  /** By name of the resource, what else it came from. */
  readonly meshWide: ReadonlyMap<string, readonly MeshWideInfluence[]>
  /** Objects and fields that were not tried: the experiments were too many. */
  readonly untried: number
}

export interface ResourceSource {
  readonly object: AnyObject
  readonly fields: readonly FieldInfluence[]
}

export interface MeshWideInfluence {
  readonly source: MeshWideSource
  /** Empty: without it the resource would not be there. */
  readonly parts: readonly string[]
}

export interface FieldInfluence {
  readonly path: FieldPath
  /** `spec.http[0].route`. */
  readonly field: string
  /** Empty: without the field the resource would not be there. */
  readonly parts: readonly string[]
}

/** How many items the reads of one resource are followed to, and experiments in one answer. */
const mostAncestors = 5000
const mostExperiments = 4000
/** How long a turn of the event loop may be used. */
const turnMs = 10

/** Works in turns, between which the configuration may change. */
export async function explain(parts: ProvenanceParts, subject: Subject): Promise<Explanation> {
  const { sources, clock } = parts
  const budget = { left: mostExperiments, untried: 0 }
  let turnEndMs = clock.monotonicMs() + turnMs
  const mayGoOn = async (): Promise<boolean> => {
    if (clock.monotonicMs() >= turnEndMs) {
      await nextTurn()
      turnEndMs = clock.monotonicMs() + turnMs
    }
    if (budget.left-- > 0) return true
    budget.untried++
    return false
  }
  const found = new Map<string, { readonly object: AnyObject; readonly fields: FieldInfluence[] }[]>()
  const influential: { readonly object: AnyObject; readonly names: ReadonlySet<string> }[] = []
  for (const { kind, key } of candidatesOf(parts, subject)) {
    const object = sources[kind].get(key)
    if (object === undefined || !(await mayGoOn())) continue
    const names = differencesIf(parts, subject, object, undefined).map(({ name }) => name)
    if (names.length > 0) influential.push({ object, names: new Set(names) })
  }
  for (const { object, names } of influential) {
    const fields = new Map([...names].map(name => [name, { object, fields: [] as FieldInfluence[] }]))
    for (const [name, source] of fields) found.set(name, [...(found.get(name) ?? []), source])
    const note = (path: FieldPath, differences: readonly Difference[]): void => {
      for (const { name, before, after } of differences) {
        const influence = { path, field: formatPath(path), parts: changedParts(subject.typeUrl, before, after) }
        fields.get(name)?.fields.push(influence)
      }
    }
    /** The deepest fields that matter by themselves. Answers whether any does. */
    const descend = async (path: FieldPath): Promise<boolean> => {
      if (!(await mayGoOn())) return false
      const variant = variantAt(object, path)
      const differences = variant === undefined ? [] : differencesIf(parts, subject, object, variant)
      if (variant !== undefined && differences.length === 0) return false
      let isFiner = false
      for (const child of childrenOf(object, path)) if (await descend(child)) isFiner = true
      if (!isFiner && differences.length > 0) note(path, differences)
      return isFiner || differences.length > 0
    }
    for (const path of topFields(object)) await descend(path)
  }
  const meshWide = new Map<string, readonly MeshWideInfluence[]>()
  for (const source of meshWideSources(parts.discovery, collectionsRead(parts, subject))) {
    if (!(await mayGoOn())) continue
    for (const { name, before, after } of differencesOf(parts, subject, source.experiment)) {
      const influence = { source, parts: changedParts(subject.typeUrl, before, after) }
      meshWide.set(name, [...(meshWide.get(name) ?? []), influence])
    }
  }
  return {
    untried: budget.untried,
    meshWide,
    sources: new Map([...found].map(([name, list]) => [name, list.sort(byObject)])),
  }
}

/** What would be different of the subject's resources if the object were another; undefined: if it were not there. */
export function differencesIf(
  parts: Pick<ProvenanceParts, 'translation' | 'sources'>,
  subject: Subject,
  { kind, metadata }: AnyObject,
  instead: AnyObject | undefined,
): readonly Difference[] {
  const change = { kind, key: `${metadata.namespace}/${metadata.name}`, object: instead }
  return differencesOf(parts, subject, supposedEdit(parts.sources, [change]))
}

function differencesOf(
  { translation }: Pick<ProvenanceParts, 'translation'>,
  { proxy, typeUrl, names }: Subject,
  experiment: Experiment,
): readonly Difference[] {
  const wanted = new Set(names)
  return translation.suppose({
    ...experiment,
    look: supposition => supposition.differences(proxy, typeUrl).filter(({ name }) => wanted.has(name)),
  })
}

function collectionsRead(
  { translation }: Pick<ProvenanceParts, 'translation'>,
  { proxy, typeUrl, names }: Subject,
): ReadonlySet<string> {
  const ancestors = names.flatMap(name => translation.ancestorsOf(proxy, typeUrl, name, mostAncestors))
  return new Set(ancestors.map(({ collection }) => collection))
}

/** Objects that the resources' derivations have read, the nearest first. */
export function candidatesOf(
  { translation, sources }: Pick<ProvenanceParts, 'translation' | 'sources'>,
  { proxy, typeUrl, names }: Subject,
): readonly { readonly kind: KindName; readonly key: string }[] {
  const found = new Map<string, { readonly kind: KindName; readonly key: string }>()
  for (const name of names) {
    for (const { collection, key } of translation.ancestorsOf(proxy, typeUrl, name, mostAncestors)) {
      // Sound: only the names of kinds are keys of the sources.
      if (Object.hasOwn(sources, collection)) found.set(`${collection}\n${key}`, { kind: collection as KindName, key })
    }
  }
  return [...found.values()]
}

function byObject(a: ResourceSource, b: ResourceSource): number {
  const [left, right] = [a, b].map(({ object: { kind, metadata } }) => `${kind}/${metadata.namespace}/${metadata.name}`)
  return (left ?? '') < (right ?? '') ? -1 : 1
}
