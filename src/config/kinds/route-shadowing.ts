/**
 * Routes that no request reaches, because those before take all that they match. What can be proved from the text alone: an
 * earlier match without conditions, the same conditions, or a path that begins as an earlier one does. A match with more
 * conditions than an earlier one is found only when the earlier one looks at nothing but the path.
 */

import type { HttpMatch } from './http-match.ts'

export interface RouteMatches {
  /** How messages and complaints name the route. */
  readonly field: string
  readonly matches: readonly HttpMatch[]
}

export interface Shadowed {
  /** The route, when no match of it is left; else the match. */
  readonly field: string
  /** The route or match before that takes its requests. */
  readonly by: string
}

/** In the order of the routes. Cost: the size of the routes, and sorting their paths. */
export function shadowedRoutes(routes: readonly RouteMatches[]): readonly Shadowed[] {
  const candidates = routes.flatMap(candidatesOf)
  const coveredBy = coverage(candidates)
  return routes.flatMap(({ field, matches }): readonly Shadowed[] => {
    const found = placesOf(field, matches).flatMap(place => {
      const by = coveredBy.get(place)
      return by === undefined ? [] : [{ field: place, by }]
    })
    const first = found[0]
    if (first === undefined) return []
    return found.length === Math.max(1, matches.length) ? [{ field, by: first.by }] : found
  })
}

interface Candidate {
  readonly place: string
  readonly order: number
  /** All conditions but the path, in one text; empty: none. */
  readonly others: string
  readonly path: Path
}

interface Path {
  readonly kind: 'prefix' | 'exact' | 'regex'
  readonly text: string
}

const placesOf = (field: string, matches: readonly HttpMatch[]): readonly string[] =>
  matches.length === 0 ? [field] : matches.map((_match, index) => `${field}.match[${index}]`)

/** A route without matches takes everything. */
function candidatesOf({ field, matches }: RouteMatches, route: number): readonly Candidate[] {
  const all = matches.length === 0 ? [{}] : matches
  const places = placesOf(field, matches)
  return all.map((match, index) => ({
    place: places[index] ?? field,
    order: route * longestMatchList + index,
    others: otherConditions(match),
    path: pathOf(match),
  }))
}

/** More than any list of matches holds. */
const longestMatchList = 65_536

function pathOf({ uri, ignoreUriCase = false }: HttpMatch): Path {
  const given = uri ?? {}
  const cased = (text: string): string => (ignoreUriCase ? `i:${text.toLowerCase()}` : `c:${text}`)
  if (given.exact !== undefined) return { kind: 'exact', text: cased(given.exact) }
  if (given.regex !== undefined) return { kind: 'regex', text: given.regex }
  if ((given.prefix ?? '') !== '') return { kind: 'prefix', text: cased(given.prefix ?? '') }
  return { kind: 'prefix', text: '' }
}

/** Names and statistics aside, every condition but the path, the same text for the same conditions. */
function otherConditions({
  uri: _uri,
  ignoreUriCase: _case,
  name: _name,
  statPrefix: _stat,
  ...match
}: HttpMatch): string {
  const kept = Object.entries(match)
    .filter(([, value]) => !isNothing(value))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, canonical(value)])
  return kept.length === 0 ? '' : JSON.stringify(kept)
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === '' || value === 0) return true
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

/** Maps were sorted when they were read; of lists the order says nothing. */
const canonical = (value: unknown): unknown => (Array.isArray(value) ? [...(value as string[])].sort() : value)

/** By place, the place of the first match before that takes the same requests. */
function coverage(candidates: readonly Candidate[]): ReadonlyMap<string, string> {
  const covered = new Map<string, Candidate>()
  const note = (late: Candidate, early: Candidate): void => {
    const known = covered.get(late.place)
    if (early.order < late.order && (known === undefined || early.order < known.order)) covered.set(late.place, early)
  }
  // Those that look at the path alone cover whatever has other conditions beside.
  const byOthers = Map.groupBy(candidates, ({ others }) => others)
  const plain = byOthers.get('') ?? []
  for (const [others, group] of byOthers) coverWithin(others === '' ? group : [...plain, ...group], group, note)
  return new Map([...covered].map(([place, early]) => [place, early.place]))
}

/**
 * Paths in order of their text: all that begin with a prefix follow it directly, so that the prefixes of a path are a stack.
 * `among` are all that may cover, `group` those that are asked about.
 */
function coverWithin(
  among: readonly Candidate[],
  group: readonly Candidate[],
  note: (late: Candidate, early: Candidate) => void,
): void {
  const asked = new Set(group)
  const firstOf = new Map<string, Candidate>()
  for (const candidate of among) {
    const key = `${candidate.path.kind}:${candidate.path.text}`
    const known = firstOf.get(key)
    if (known === undefined || candidate.order < known.order) firstOf.set(key, candidate)
  }
  const everything = firstOf.get('prefix:')
  for (const candidate of group) {
    const same = firstOf.get(`${candidate.path.kind}:${candidate.path.text}`)
    if (same !== undefined) note(candidate, same)
    if (everything !== undefined) note(candidate, everything)
  }
  const sorted = among
    .filter(({ path }) => path.kind !== 'regex' && path.text !== '')
    .sort((a, b) => (a.path.text < b.path.text ? -1 : a.path.text > b.path.text ? 1 : prefixFirst(a) - prefixFirst(b)))
  /** Of the prefixes around, each with the earliest of itself and those around it. */
  const around: { readonly text: string; readonly earliest: Candidate }[] = []
  for (const candidate of sorted) {
    while (around.length > 0 && !candidate.path.text.startsWith(around.at(-1)?.text ?? '')) around.pop()
    const outer = around.at(-1)?.earliest
    if (outer !== undefined && asked.has(candidate)) note(candidate, outer)
    if (candidate.path.kind !== 'prefix') continue
    const earliest = outer !== undefined && outer.order < candidate.order ? outer : candidate
    around.push({ text: candidate.path.text, earliest })
  }
}

const prefixFirst = ({ path }: Candidate): number => (path.kind === 'prefix' ? 0 : 1)
