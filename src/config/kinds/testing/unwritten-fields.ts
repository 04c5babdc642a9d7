/** Which fields of a schema no value of some has. */

import Type, { type TSchema } from 'typebox'
import { join } from '../../schema/field-path.ts'

/** As `spec.http[].route[].weight`, sorted; what is inside an unwritten field is not listed. */
export function unwrittenFields(schema: TSchema, values: readonly unknown[], field: string): readonly string[] {
  if (Type.IsArray(schema)) {
    return unwrittenFields(
      schema.items,
      values.flatMap(value => value as readonly unknown[]),
      `${field}[]`,
    )
  }
  if (Type.IsRecord(schema)) {
    const items = values.flatMap(value => Object.values(value as object))
    return unwrittenFields(Type.RecordValue(schema), items, `${field}{}`)
  }
  if (!Type.IsObject(schema)) return []
  return Object.entries(schema.properties)
    .flatMap(([name, inner]) => {
      const place = join(field, name)
      const written = values.map(value => (value as Record<string, unknown>)[name]).filter(value => value !== undefined)
      return written.length === 0 ? [place] : unwrittenFields(inner, written, place)
    })
    .sort()
}
