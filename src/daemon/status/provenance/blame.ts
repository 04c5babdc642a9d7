/**
 * Which object and field a refused resource is to be blamed on. First the recent changes are undone one by one: the one
 * without which the resource is another has made it what was refused. Where none of them has, it is whatever of the
 * objects that it came from the proxy's own words speak of.
 */

import type { AnyObject } from '../../../config/kinds/catalogue.ts'
import { childrenOf, type FieldPath, formatPath, topFields, valueAt, withField } from '../experiment/object-fields.ts'
import type { RecentChange, RecentChanges } from '../experiment/recent-changes.ts'
import { validated, variantAt } from '../experiment/variants.ts'
import { candidatesOf, differencesIf, type ProvenanceParts, type Subject } from './provenance.ts'

export interface BlameParts extends Pick<ProvenanceParts, 'translation' | 'sources'> {
  readonly recent: RecentChanges
}

export interface Blame {
  /** As it is now, or was before it was deleted. */
  readonly object: AnyObject
  /** Absent: nothing that changed lately has made the resource what it is. */
  readonly change?: RecentChange
  /** Absent where nothing points to one. */
  readonly field?: string
}

/** Experiments in one search, each two small commits. */
const mostChanges = 40
const mostObjects = 40
const mostFields = 150

/** `subject` names one resource; `message` is the proxy's. Synchronous. Cost: bounded by the experiments above. */
export function findBlame(parts: BlameParts, subject: Subject, message: string): Blame | undefined {
  const ancestors = new Set(candidatesOf(parts, subject).map(({ kind, key }) => `${kind}\n${key}`))
  let tried = 0
  for (const change of parts.recent.list()) {
    const object = change.after ?? change.before
    // What was deleted has left no trace in the reads of what is there.
    if (object === undefined || (change.after !== undefined && !ancestors.has(`${change.kind}\n${change.key}`)))
      continue
    if (tried++ >= mostChanges) break
    if (differencesIf(parts, subject, object, change.before).length === 0) continue
    const field = change.after === undefined ? undefined : blamedField(parts, subject, change, message)
    return { object, change, ...(field === undefined ? {} : { field }) }
  }
  return spokenOf(parts, subject, message)
}

/** Of the fields that the change has touched, one that matters: that of which the message speaks, else the only one. */
function blamedField(parts: BlameParts, subject: Subject, change: RecentChange, message: string): string | undefined {
  const { before, after } = change
  if (after === undefined) return undefined
  const paths = before === undefined ? leavesOf(after) : changedFields(before, after)
  const matters = paths.slice(0, mostFields).filter(path => {
    const old = before === undefined ? undefined : valueAt(before, path)
    const reverted = old === undefined ? variantAt(after, path) : validated(withField(after, path, old))
    return reverted !== undefined && differencesIf(parts, subject, after, reverted).length > 0
  })
  const spoken = matters.filter(path => speaksOf(message, valueAt(after, path)))
  const [first, ...others] = spoken.length > 0 ? spoken : matters
  return first === undefined || (spoken.length === 0 && others.length > 0) ? undefined : formatPath(first)
}

function spokenOf(parts: BlameParts, subject: Subject, message: string): Blame | undefined {
  for (const { kind, key } of candidatesOf(parts, subject).slice(0, mostObjects)) {
    const object = parts.sources[kind].get(key)
    if (object === undefined) continue
    const spoken = leavesOf(object).filter(path => speaksOf(message, valueAt(object, path)))
    const found = spoken.slice(0, mostFields).find(path => {
      const variant = variantAt(object, path)
      return variant !== undefined && differencesIf(parts, subject, object, variant).length > 0
    })
    if (found !== undefined) return { object, field: formatPath(found) }
  }
  return undefined
}

const shortestWord = 3

function speaksOf(message: string, value: unknown): boolean {
  if (typeof value !== 'string' && typeof value !== 'number') return false
  const text = String(value)
  return text.length >= shortestWord && message.includes(text)
}

function leavesOf(object: AnyObject): readonly FieldPath[] {
  const leaves = (path: FieldPath): readonly FieldPath[] => {
    const children = childrenOf(object, path)
    return children.length === 0 ? [path] : children.flatMap(leaves)
  }
  return topFields(object).flatMap(leaves)
}

/** The deepest paths at which the two differ; a field that only the older has stands for itself. */
function changedFields(before: AnyObject, after: AnyObject): readonly FieldPath[] {
  const isSame = (path: FieldPath): boolean =>
    JSON.stringify(valueAt(before, path)) === JSON.stringify(valueAt(after, path))
  const changed = (path: FieldPath): readonly FieldPath[] => {
    if (isSame(path)) return []
    const finer = childrenOf(after, path).flatMap(changed)
    return finer.length === 0 ? [path] : finer
  }
  const known = new Set([...topFields(after), ...topFields(before)].map(path => JSON.stringify(path)))
  return [...known].flatMap(path => changed(JSON.parse(path) as FieldPath))
}
