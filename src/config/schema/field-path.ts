/** Where a value stands in an object: a chain of steps, written out only for a complaint. */

export interface FieldPath {
  readonly parent: FieldPath | undefined
  /** A name, or the index of an entry. */
  readonly step: string | number
}

export const stepInto = (parent: FieldPath | undefined, step: string | number): FieldPath => ({ parent, step })

/** As the user writes it, for example `spec.ports[1].number`; `''` for the object itself. */
export function pathText(path: FieldPath | undefined): string {
  if (path === undefined) return ''
  const { parent, step } = path
  if (typeof step === 'number') return `${pathText(parent)}[${step}]`
  return join(pathText(parent), step)
}

/** `parent.name`; a name that is no identifier follows the dot as it is. */
export const join = (parent: string, name: string): string => (parent === '' ? name : `${parent}.${name}`)
