/** The type of a field in words, as a page of reference prints it. */

import Type, { type TSchema } from 'typebox'
import { keywordsOf, type TextForm } from '../schema/fields.ts'

/** `section` gives the link to the section of a message. Markdown. */
export function typeText(schema: TSchema, section: (message: TSchema) => string): string {
  const { maxItems, maxProperties, minimum, maximum, keyForm } = keywordsOf(schema)
  if (Type.IsUnknown(schema)) return 'any JSON'
  if (Type.IsRecord(schema)) {
    const values = Type.RecordValue(schema)
    if (Type.IsUnknown(values)) return 'any JSON object'
    const key = keyForm === 'port' ? 'port' : keyForm === 'label' ? 'label' : 'text'
    return `map of ${key} to ${typeText(values, section)}, at most ${maxProperties}`
  }
  if (Type.IsObject(schema)) return section(schema)
  if (Type.IsArray(schema)) return `list of ${typeText(schema.items, section)}, at most ${maxItems}`
  if (Type.IsEnum(schema)) return (schema.enum as unknown as readonly string[]).map(name => `\`${name}\``).join(', ')
  if (Type.IsString(schema)) return stringText(schema)
  if (Type.IsInteger(schema) || Type.IsNumber(schema)) {
    const noun = Type.IsInteger(schema) ? 'integer' : 'number'
    return minimum === undefined && maximum === undefined ? noun : `${noun}, ${minimum} to ${maximum}`
  }
  return Type.IsBoolean(schema) ? 'boolean' : 'integer or text'
}

function stringText(schema: TSchema): string {
  const { form, maxLength } = keywordsOf(schema)
  const known: TextForm = form ?? 'plain'
  switch (known) {
    case 'plain':
      return `text, at most ${maxLength} characters`
    case 'duration':
      return 'duration, such as `1.5s`'
    case 'regex':
      return `regular expression of RE2, at most ${maxLength} characters`
    case 'base64':
      return 'base64'
    case 'secret text':
      return 'text, never shown'
    case 'secret base64':
      return 'base64, never shown'
    case 'date-time':
      return 'moment, RFC 3339'
  }
}
