/** Objects that have more of something: more entries of a list or a mapping (told apart by their texts), or a longer text. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export type Path = readonly (string | number)[]

/** Lists, mappings and texts, the outer ones first; of a long one only the first entries are looked into. */
export function growable(value: Json, path: Path = []): readonly Path[] {
  if (typeof value === 'string') return value === '' || path.length < 2 ? [] : [path]
  const entries = entriesOf(value)
  const inside = entries.slice(0, isList(value) ? 2 : 24).flatMap(([key, item]) => growable(item, [...path, key]))
  return path.length > 1 && entries.length > 0 ? [path, ...inside] : inside
}

export const valueAt = (value: Json, path: Path): Json =>
  path.reduce<Json>((inside, step) => (inside as { readonly [key: string | number]: Json })[step] ?? null, value)

const entriesOf = (value: Json): readonly (readonly [string | number, Json])[] =>
  isList(value) ? [...value.entries()] : typeof value === 'object' && value !== null ? Object.entries(value) : []

export interface Growth {
  readonly salt: number
  /** How much is added, as a share of what is there. */
  readonly share: number
}

export function grownAt(value: Json, [step, ...rest]: Path, growth: Growth): Json {
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
