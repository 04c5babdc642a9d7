/** The fields of an object one by one, as its author writes their paths, and the object without one of them. */

import type { AnyObject } from '../../../config/kinds/catalogue.ts'

/** Keys and indexes from the object down. */
export type FieldPath = readonly (string | number)[]

/** Where descent begins: everything that configures the mesh; what an object is called is not a field of it. */
export function topFields(object: AnyObject): readonly FieldPath[] {
  return [
    ...childrenOf(object, ['spec']),
    ...childrenOf(object, ['status']),
    ...childrenOf(object, ['metadata', 'labels']),
    ...childrenOf(object, ['metadata', 'annotations']),
  ]
}

export function childrenOf(object: AnyObject, path: FieldPath): readonly FieldPath[] {
  const value = valueAt(object, path)
  if (Array.isArray(value)) return value.map((_, index) => [...path, index])
  if (typeof value !== 'object' || value === null) return []
  return Object.keys(value).map(key => [...path, key])
}

export function valueAt(object: unknown, path: FieldPath): unknown {
  let value = object
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Readonly<Record<string | number, unknown>>)[step]
  }
  return value
}

/** A copy that shares everything else, not validated. */
export function withoutField(object: AnyObject, path: FieldPath): AnyObject {
  // Not sound: whoever asks has it read again by the rules of its kind.
  return replaced(object, path, undefined) as AnyObject
}

/** The same with another value; `undefined` removes the field. */
export function withField(object: AnyObject, path: FieldPath, value: unknown): AnyObject {
  return replaced(object, path, value) as AnyObject
}

function replaced(value: unknown, [step, ...rest]: FieldPath, leaf: unknown): unknown {
  if (step === undefined || typeof value !== 'object' || value === null) return leaf
  if (Array.isArray(value)) {
    const index = Number(step)
    if (rest.length > 0) return value.map((item, i) => (i === index ? replaced(item, rest, leaf) : (item as unknown)))
    return leaf === undefined ? value.toSpliced(index, 1) : value.with(index, leaf)
  }
  const fields = value as Readonly<Record<string, unknown>>
  const key = String(step)
  if (rest.length > 0) return { ...fields, [key]: replaced(fields[key], rest, leaf) }
  const { [key]: _, ...others } = fields
  return leaf === undefined ? others : { ...fields, [key]: leaf }
}

/** `spec.http[0].match[1].uri`. */
export function formatPath(path: FieldPath): string {
  return path
    .map((step, i) =>
      typeof step === 'number' ? `[${step}]` : simple.test(step) ? `${i === 0 ? '' : '.'}${step}` : `["${step}"]`,
    )
    .join('')
}

const simple = /^[A-Za-z_][A-Za-z0-9_]*$/
