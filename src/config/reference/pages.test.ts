import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import Type, { type TSchema } from 'typebox'
import { kinds } from '../kinds/catalogue.ts'
import { keywordsOf } from '../schema/fields.ts'
import { referencePages } from './pages.ts'
import { settingsPages } from './settings-pages.ts'

const folder = new URL('../../../docs/reference/', import.meta.url)
const pages = referencePages()

test('docs/reference has the pages of the kinds and no others', () => {
  assert.deepEqual(readdirSync(folder).sort(), [...pages.keys()].sort(), 'run: npm run reference')
})

test('each page says what the schemas say', () => {
  for (const [name, text] of pages)
    assert.equal(readFileSync(new URL(name, folder), 'utf8'), text, 'run: npm run reference')
})

test('every field has a description, in whole sentences', () => {
  const without: string[] = []
  const visit = (schema: TSchema, place: string): void => {
    if (Type.IsRecord(schema)) visit(Type.RecordValue(schema), `${place}.*`)
    else if (Type.IsArray(schema)) visit(schema.items, `${place}[]`)
    else if (Type.IsObject(schema))
      for (const [name, inner] of Object.entries(schema.properties)) {
        if (!/^[A-Z0-9`].*[.…]`?$/.test(keywordsOf(inner).description ?? '')) without.push(`${place}.${name}`)
        visit(inner, `${place}.${name}`)
      }
  }
  for (const { name, spec } of Object.values(kinds)) visit(spec, name)
  for (const { name, message } of settingsPages) visit(message, name)
  assert.deepEqual(without, [])
})

test('links between sections lead somewhere', () => {
  for (const [name, text] of pages) {
    const anchors = new Set(
      [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
        title
          .toLowerCase()
          .replaceAll(/[^a-z0-9 -]/g, '')
          .replaceAll(' ', '-'),
      ),
    )
    for (const [, anchor] of text.matchAll(/\]\(#([^)]*)\)/g)) assert.ok(anchors.has(anchor ?? ''), `${name}#${anchor}`)
  }
})
