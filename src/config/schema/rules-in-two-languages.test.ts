import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import Type, { type TSchema } from 'typebox'
import { kinds } from '../kinds/catalogue.ts'
import { schemaObject } from '../openapi/schema-object.ts'
import { keywordsOf, type Rule } from './fields.ts'
import { arbitraryOf } from './testing/arbitrary.ts'
import { celHolds } from './testing/cel.ts'

interface PlacedRule {
  /** The first place at which the rule stands. */
  readonly place: string
  readonly schema: TSchema
  readonly rule: Rule
}

/** Each once: schemas are shared between kinds. */
function rulesOf(): readonly PlacedRule[] {
  const found = new Map<Rule, PlacedRule>()
  const walk = (schema: TSchema, place: string): void => {
    for (const rule of keywordsOf(schema).rules ?? []) if (!found.has(rule)) found.set(rule, { place, schema, rule })
    if (Type.IsRecord(schema)) walk(Type.RecordValue(schema), `${place}{}`)
    else if (Type.IsObject(schema))
      for (const [name, inner] of Object.entries(schema.properties)) walk(inner, `${place}.${name}`)
    else if (Type.IsArray(schema)) walk(schema.items, `${place}[]`)
  }
  for (const { name, spec } of Object.values(kinds)) walk(spec, name)
  return [...found.values()]
}

const fieldsIn = (cel: string): ReadonlySet<string> =>
  new Set([...cel.matchAll(/\.(\w+)/g)].map(([, name]) => name ?? ''))

const rules = rulesOf()

test('there are rules of messages, of lists, of mappings and of texts', () => {
  for (const form of [Type.IsObject, Type.IsArray, Type.IsRecord, Type.IsString])
    assert.ok(
      rules.some(({ schema }) => form(schema)),
      form.name,
    )
})

for (const { place, schema, rule } of rules) {
  test(`${place}: '${rule.cel}' says in CEL what readers say`, () => {
    const object = schemaObject(schema)
    const verdicts = { accepted: 0, refused: 0 }
    fc.assert(
      fc.property(arbitraryOf(schema, { fields: fieldsIn(rule.cel), bounds: 'kept' }), value => {
        const holds = rule.holds(value as never)
        verdicts[holds ? 'accepted' : 'refused']++
        assert.equal(celHolds(rule.cel, value, object), holds, JSON.stringify(value))
      }),
      { numRuns: 200 },
    )
    // A rule that accepts or refuses whatever is tried has not been compared.
    assert.ok(verdicts.accepted > 0 && verdicts.refused > 0, JSON.stringify(verdicts))
  })
}
