import assert from 'node:assert/strict'
import { test } from 'node:test'
import Typebox, { type TSchema } from 'typebox'
import Type from './type.ts'

/** The keywords in their order, and the marks, which are not enumerated. */
function shown(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  const all = Object.entries(Object.getOwnPropertyDescriptors(schema)).map(([name, { value, enumerable }]) => ({
    name,
    enumerable,
    value: shown(value),
  }))
  return { keywords: all.filter(each => each.enumerable), marks: new Set(all.filter(each => !each.enumerable)) }
}

type Words = typeof Type

const samples: readonly [string, (words: Words) => TSchema][] = [
  ['text', words => words.String({ maxLength: 3, form: 'regex' })],
  ['a whole number', words => words.Integer({ minimum: 0 })],
  ['a number', words => words.Number()],
  ['a choice', words => words.Boolean()],
  ['anything', words => words.Unknown()],
  ['a name', words => words.Enum(['A', 'B'], { numbers: { A: 0, B: 1 } })],
  ['one of two', words => words.Union([words.Integer(), words.String()])],
  ['a list', words => words.Array(words.String(), { maxItems: 2 })],
  ['a map', words => words.Record(words.String(), words.Integer(), { keyForm: 'text' })],
  ['a message', words => words.Object({ a: words.String(), b: words.Optional(words.Number()) }, { exclusive: [] })],
  ['a message without what is required', words => words.Object({ b: words.Optional(words.Number()) })],
  ['what is optional twice', words => words.Optional(words.Optional(words.Boolean({ description: 'x' })))],
]

for (const [what, make] of samples) {
  test(`${what} is what TypeBox makes, and is recognised by it`, () => {
    const [own, theirs] = [make(Type), make(Typebox)]
    assert.deepEqual(shown(own), shown(theirs))
    for (const name of ['IsArray', 'IsBoolean', 'IsEnum', 'IsInteger', 'IsNumber', 'IsObject', 'IsOptional'] as const)
      assert.deepEqual([Type[name](own), Typebox[name](own)], [Typebox[name](theirs), Type[name](theirs)], name)
    for (const name of ['IsRecord', 'IsString', 'IsUnion', 'IsUnknown'] as const)
      assert.deepEqual([Type[name](own), Typebox[name](own)], [Typebox[name](theirs), Type[name](theirs)], name)
  })
}

test('the value of a map is found', () => {
  const map = Type.Record(Type.String(), Type.Integer())
  assert.ok(Type.IsInteger(Type.RecordValue(map)))
})
