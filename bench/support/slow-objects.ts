/**
 * A search for the accepted object that takes longest to check: it begins with the objects of our tables of rules and grows
 * them where that costs most, by doubling a list (its entries told apart by their texts) or a text. Nobody has to think of
 * what might be slow.
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
  readonly chars: number
}

/** Hill climbing from one seed; `random` answers 0 up to 1. A step that is refused or quicker is taken back. */
export function slowestFrom(
  seed: Json,
  { steps, random, judge }: { readonly steps: number; readonly random: () => number; judge(object: Json): Judged },
): SlowObject {
  let best = { object: seed, tookMs: judge(seed).tookMs }
  for (let step = 0; step < steps; step++) {
    const places = growable(best.object)
    const place = places[Math.floor(random() * places.length)]
    if (place === undefined) break
    const object = grownAt(best.object, place, step)
    const { accepted, tookMs } = judge(object)
    if (accepted && tookMs >= best.tookMs) best = { object, tookMs }
  }
  return { ...best, chars: JSON.stringify(best.object).length }
}

type Path = readonly (string | number)[]

/** Lists and texts below the spec, the outer ones first; of a long list only its first entries are looked into. */
function growable(value: Json, path: Path = []): readonly Path[] {
  if (typeof value === 'string') return path.includes('spec') && value !== '' ? [path] : []
  if (isList(value)) {
    const inside = value.slice(0, 2).flatMap((item, index) => growable(item, [...path, index]))
    return value.length > 0 ? [path, ...inside] : inside
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => growable(item, [...path, key]))
}

function grownAt(value: Json, [step, ...rest]: Path, salt: number): Json {
  if (step === undefined) {
    if (typeof value === 'string') return `${value}${value}`
    return isList(value) ? [...value, ...value.map(item => toldApart(item, salt))] : value
  }
  if (isList(value)) return value.map((item, index) => (index === step ? grownAt(item, rest, salt) : item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === step ? grownAt(item, rest, salt) : item]),
  )
}

/** A copy whose texts end otherwise, where a copy alone would be refused as a duplicate. */
function toldApart(value: Json, salt: number): Json {
  if (typeof value === 'string') return /^[-a-z0-9./]+$/.test(value) ? `${value}${salt}` : value
  if (isList(value)) return value.map(item => toldApart(item, salt))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toldApart(item, salt)]))
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
