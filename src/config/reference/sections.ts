/** The messages of a schema, each once, in the order in which a reader meets them. */

import Type, { type TObject, type TSchema } from 'typebox'

export interface Section {
  /** Where the message first stands: `spec.http[].match[]`. */
  readonly path: string
  /** Where else. */
  readonly alsoAt: readonly string[]
  readonly schema: TObject
}

export function sectionsOf(schema: TObject, path: string): readonly Section[] {
  const sections = new Map<object, { path: string; alsoAt: string[]; schema: TObject }>()
  const visit = (inner: TSchema, at: string): void => {
    if (Type.IsRecord(inner)) visit(Type.RecordValue(inner), `${at}.*`)
    else if (Type.IsArray(inner)) visit(inner.items, `${at}[]`)
    else if (Type.IsObject(inner)) visitMessage(inner, at)
  }
  const visitMessage = (message: TObject, at: string): void => {
    const known = sections.get(message.properties)
    if (known !== undefined) {
      known.alsoAt.push(at)
      return
    }
    sections.set(message.properties, { path: at, alsoAt: [], schema: message })
    for (const [name, inner] of Object.entries(message.properties)) visit(inner, at === '' ? name : `${at}.${name}`)
  }
  visitMessage(schema, path)
  return [...sections.values()]
}
