/**
 * A search for the accepted object that takes longest to read and check: it begins with sound objects of every kind and grows
 * them where that costs most, by more entries of a list or a mapping (told apart by their texts) or a longer text. Nobody
 * has to think of what might be slow.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export interface Judged {
  readonly accepted: boolean
  /** CPU time. */
  readonly tookMs: number
}

export interface SlowObject {
  readonly object: Json
  readonly tookMs: number
}

export interface Search {
  readonly steps: number
  /** From 0 up to 1. */
  readonly random: () => number
  judge(object: Json): Judged
}

/** An object that takes so long is near its limits. */
const largeMs = 5

/** Hill climbing from one seed. A step that is refused or quicker is taken back; one that is refused is tried smaller. */
export function slowestFrom(seed: Json, { steps, random, judge }: Search): SlowObject {
  let best = { object: seed, tookMs: judge(seed).tookMs }
  for (let step = 0; step < steps; step++) {
    const places = growable(best.object)
    // Collections have the most to grow by.
    const collections = places.filter(path => typeof at(best.object, path) === 'object')
    const among = collections.length > 0 && random() < 0.8 ? collections : places
    const place = among[Math.floor(random() * among.length)]
    if (place === undefined) break
    for (const share of [4, 1, 0.3, 0.05]) {
      if (share > 1 && best.tookMs > largeMs) continue
      const object = grownAt(best.object, place, { salt: step, share })
      const { accepted, tookMs } = judge(object)
      if (accepted && tookMs >= best.tookMs) best = { object, tookMs }
      if (accepted) break
    }
  }
  return best
}

type Path = readonly (string | number)[]

/** Lists, mappings and texts, the outer ones first; of a long one only the first entries are looked into. */
function growable(value: Json, path: Path = []): readonly Path[] {
  if (typeof value === 'string') return value === '' || path.length < 2 ? [] : [path]
  const entries = entriesOf(value)
  const inside = entries.slice(0, isList(value) ? 2 : 24).flatMap(([key, item]) => growable(item, [...path, key]))
  return path.length > 1 && entries.length > 0 ? [path, ...inside] : inside
}

const at = (value: Json, path: Path): Json =>
  path.reduce<Json>((inside, step) => (inside as { readonly [key: string | number]: Json })[step] ?? null, value)

const entriesOf = (value: Json): readonly (readonly [string | number, Json])[] =>
  isList(value) ? [...value.entries()] : typeof value === 'object' && value !== null ? Object.entries(value) : []

interface Growth {
  readonly salt: number
  /** How much is added, as a share of what is there. */
  readonly share: number
}

function grownAt(value: Json, [step, ...rest]: Path, growth: Growth): Json {
  if (step === undefined) return grown(value, growth)
  if (isList(value)) return value.map((item, index) => (index === step ? grownAt(item, rest, growth) : item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === step ? grownAt(item, rest, growth) : item]),
  )
}

function grown(value: Json, { salt, share }: Growth): Json {
  if (typeof value === 'string') return value.padEnd(Math.ceil(value.length * (1 + share)), value)
  const entries = entriesOf(value)
  const more = Array.from({ length: Math.ceil(entries.length * share) }, (_, index) => {
    const [key, item] = entries[index % entries.length] ?? ['', null]
    const apart = salt * 10 + Math.floor(index / entries.length)
    return [`${key}${apart}`, toldApart(item, apart)] as const
  })
  if (isList(value)) return [...value, ...more.map(([, item]) => item)]
  return Object.fromEntries([...Object.entries(value as object), ...more])
}

/** A copy whose texts are others, where a copy alone would be refused as a duplicate. */
function toldApart(value: Json, salt: number): Json {
  if (typeof value === 'string') return /^\*?[-a-z0-9./]+$/.test(value) ? apart(value, salt) : value
  if (isList(value)) return value.map(item => toldApart(item, salt))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toldApart(item, salt)]))
}

/** Host names are told apart at their beginning, all else at its end. */
const apart = (text: string, salt: number): string =>
  text.includes('.') && !text.startsWith('*') && !text.includes('/') ? `s${salt}${text}` : `${text}${salt}`

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
