/** Objects as text for people: YAML without what the daemon adds, and the difference of two of them. */

import { diffLibrary, yamlLibrary } from '../../platform/late-libraries.ts'

export type PlainObject = Readonly<Record<string, unknown>>

/** What a server adds to metadata; never part of what an author wants. */
const managedFields: ReadonlySet<string> = new Set([
  'resourceVersion',
  'uid',
  'generation',
  'creationTimestamp',
  'managedFields',
  'selfLink',
])

/** The object as its author means it: without status and what a server adds. */
export function authoredPart(object: PlainObject): PlainObject {
  const { status: _status, metadata, ...rest } = object
  if (typeof metadata !== 'object' || metadata === null) return rest
  const own = Object.entries(metadata).filter(([name]) => !managedFields.has(name))
  const { apiVersion, kind, ...body } = rest
  return { apiVersion, kind, metadata: Object.fromEntries(own), ...body }
}

export function yamlOf(object: PlainObject): string {
  return yamlLibrary().stringify(object, { lineWidth: 0 })
}

export interface Compared {
  readonly title: string
  readonly beforeLabel: string
  readonly afterLabel: string
  /** Undefined: the object was not there. */
  readonly before: PlainObject | undefined
  readonly after: PlainObject | undefined
}

/** Unified, with three lines around each change; `''` when nothing differs. */
export function unifiedDiff({ title, beforeLabel, afterLabel, before, after }: Compared): string {
  const [old, young] = [before, after].map(object =>
    object === undefined ? '' : yamlOf(inOneOrder(authoredPart(object))),
  )
  if (old === young) return ''
  const [from, to] = [`${title}, ${beforeLabel}`, `${title}, ${afterLabel}`]
  const patch = diffLibrary().createTwoFilesPatch(from, to, old ?? '', young ?? '', undefined, undefined, {
    context: 3,
  })
  // What stands above the two names is a ruler.
  return patch.slice(patch.indexOf('--- '))
}

/** The order in which an author wrote the members of a map says nothing. */
function inOneOrder(value: PlainObject): PlainObject
function inOneOrder(value: unknown): unknown
function inOneOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(item => inOneOrder(item as unknown))
  if (typeof value !== 'object' || value === null) return value
  const rank = (name: string): number => topOrder.indexOf(name) + 1 || topOrder.length + 1
  const entries = Object.entries(value).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, member]) => [name, inOneOrder(member as unknown)]))
}

const topOrder = ['apiVersion', 'kind', 'metadata', 'name', 'namespace']
