import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import Type, { type TSchema } from 'typebox'
import { kinds } from '../kinds/catalogue.ts'
import type { SchemaObject } from '../openapi/schema-object.ts'
import { arbitraryOf } from '../schema/testing/arbitrary.ts'
import type { CustomResourceDefinition } from './custom-resource-definition.ts'
import { customResourceDefinitions } from './manifest.ts'
import { formDifferences, verdictDifferences } from './testing/differences.ts'
import { istioDefinitions } from './testing/istio-definitions.ts'
import { accepts, type ForeignSchema } from './testing/structural-verdict.ts'

const istio = istioDefinitions()
const skip = istio.kind === 'missing' ? istio.reason : false
const theirs = byKind(istio.kind === 'missing' ? [] : istio.definitions)
const ours = byKind(customResourceDefinitions())

describe("beside Istio's own CustomResourceDefinitions", { skip }, () => {
  const shared = [...theirs.keys()].filter(kind => ours.has(kind))

  test('there are the same kinds', () => {
    assert.deepEqual([...ours.keys()].sort(), [...theirs.keys()].sort())
  })

  test('each has the same group, names, scope, versions and columns', () => {
    for (const kind of shared) assert.deepEqual(identityOf(ours.get(kind)), identityOf(theirs.get(kind)), kind)
  })

  test('versions of one kind have one schema, there as here', () => {
    for (const definition of theirs.values()) {
      const [first, ...others] = definition.spec.versions.map(({ schema }) => fieldPaths(schema.openAPIV3Schema))
      for (const other of others) assert.deepEqual([...other.keys()], [...(first ?? new Map()).keys()])
    }
  })

  test('each field of theirs is one of ours, and each of ours one of theirs, with the same form and no narrower limit', () => {
    const found = shared.flatMap(kind => formsThatDiffer(kind, schemaOf(ours, kind), schemaOf(theirs, kind)))
    const isListed = (difference: string): boolean => formDifferences.some(({ at }) => covers(at, difference))
    assert.deepEqual(
      found.filter(difference => !isListed(difference)),
      [],
    )
    for (const { at } of formDifferences)
      assert.ok(
        found.some(difference => covers(at, difference)),
        `${at} is gone`,
      )
  })

  test('each rule of theirs takes and refuses what ours do', () => {
    const found = new Set<string>()
    const unseen: string[] = []
    for (const kind of shared) {
      for (const place of ruledPlaces(kind)) {
        const verdicts = compareAt(place)
        for (const by of verdicts.refusedOnlyBy) found.add(`${by} ${kind} ${place.path}: ${verdicts.example}`)
        if (!verdicts.refusedByIstio) unseen.push(`${kind} ${place.path}`)
      }
    }
    const isListed = (difference: string): boolean =>
      verdictDifferences.some(
        ({ refusedBy, at }) =>
          covers(at, difference.replace(/^\w+ /, '').replace(/: .*/, '')) && difference.startsWith(refusedBy),
      )
    assert.deepEqual(
      [...found].filter(difference => !isListed(difference)),
      [],
    )
    assert.deepEqual(unseen, [], 'no value was tried that Istio refuses here')
    for (const { at } of verdictDifferences)
      assert.ok(
        [...found].some(difference => covers(at, difference.replace(/^\w+ /, '').replace(/: .*/, ''))),
        `${at} is gone`,
      )
  })
})

function byKind(definitions: readonly CustomResourceDefinition[]): ReadonlyMap<string, CustomResourceDefinition> {
  return new Map(definitions.map(definition => [definition.spec.names.kind, definition]))
}

const covers = (at: RegExp, text: string): boolean => new RegExp(`^(?:${at.source})$`).test(text)

function schemaOf(definitions: ReadonlyMap<string, CustomResourceDefinition>, kind: string): ForeignSchema {
  const [first] = definitions.get(kind)?.spec.versions ?? []
  assert.ok(first !== undefined, kind)
  return first.schema.openAPIV3Schema
}

function identityOf(definition: CustomResourceDefinition | undefined): unknown {
  assert.ok(definition !== undefined)
  const { group, scope, names, versions } = definition.spec
  return {
    name: definition.metadata.name,
    group,
    scope,
    names: { ...names, shortNames: names.shortNames ?? [] },
    versions: versions
      .map(({ name, served, storage, subresources }) => ({ name, served, storage, subresources }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    // Where they name no column a cluster prints the age, which is the column that we name.
    columns: (versions[0]?.additionalPrinterColumns ?? [])
      .map(({ name, type, jsonPath }) => ({ name, type, jsonPath }))
      .filter(({ name }) => name !== 'Age')
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

function fieldPaths(
  schema: ForeignSchema,
  path = '',
  found = new Map<string, ForeignSchema>(),
): Map<string, ForeignSchema> {
  found.set(path, schema)
  for (const [name, inner] of Object.entries(schema.properties ?? {})) fieldPaths(inner, `${path}.${name}`, found)
  if (schema.items !== undefined) fieldPaths(schema.items, `${path}[]`, found)
  if (schema.additionalProperties !== undefined) fieldPaths(schema.additionalProperties, `${path}{}`, found)
  return found
}

function formsThatDiffer(kind: string, our: ForeignSchema, their: ForeignSchema): readonly string[] {
  const ourFields = fieldPaths(our)
  const theirFields = fieldPaths(their)
  const missing = [...theirFields.keys()].filter(path => !ourFields.has(path)).map(path => `${kind} ${path} missing`)
  const extra = [...ourFields.keys()].filter(path => !theirFields.has(path)).map(path => `${kind} ${path} extra`)
  const differing = [...theirFields].flatMap(([path, field]) =>
    aspectsThatDiffer(ourFields.get(path) ?? field, field).map(aspect =>
      `${kind} ${path} ${aspect}`.replace('  ', ' '),
    ),
  )
  return [...missing, ...extra, ...differing]
}

const upper = ['maxLength', 'maxItems', 'maxProperties', 'maximum'] as const
const lower = ['minLength', 'minItems', 'minimum'] as const

function aspectsThatDiffer(our: ForeignSchema, their: ForeignSchema): readonly string[] {
  const same = (name: string, a: unknown, b: unknown): readonly string[] =>
    JSON.stringify(a) === JSON.stringify(b) ? [] : [name]
  const ourRequired = our.required ?? []
  const theirRequired = their.required ?? []
  return [
    ...same('type', our.type, their.type),
    ...same('format', our.format, their.format),
    ...same('enum', [...(our.enum ?? [])].sort(), [...(their.enum ?? [])].sort()),
    ...same('nullable', our.nullable ?? false, their.nullable ?? false),
    ...same('int-or-string', our['x-kubernetes-int-or-string'], their['x-kubernetes-int-or-string']),
    ...same(
      'preserve-unknown-fields',
      our['x-kubernetes-preserve-unknown-fields'],
      their['x-kubernetes-preserve-unknown-fields'],
    ),
    ...ourRequired.filter(name => !theirRequired.includes(name)).map(name => `required ${name}`),
    ...theirRequired.filter(name => !ourRequired.includes(name)).map(name => `optional ${name}`),
    ...upper.filter(name => (our[name] ?? Number.POSITIVE_INFINITY) < (their[name] ?? 0)),
    ...lower.filter(name => their[name] !== undefined && (our[name] ?? 0) < their[name]),
  ]
}

interface RuledPlace {
  readonly path: string
  readonly schema: TSchema
  readonly our: ForeignSchema
  readonly their: ForeignSchema
  /** Fields of the message that the rules are about. */
  readonly fields: ReadonlySet<string>
}

/** Messages that have rules of Istio's, or a field with such rules in it. Each field is a place of its own. */
function ruledPlaces(kind: string): readonly RuledPlace[] {
  const found: RuledPlace[] = []
  const visit = (schema: TSchema, our: SchemaObject, their: ForeignSchema, path: string): void => {
    if (Type.IsRecord(schema)) {
      if (our.additionalProperties && their.additionalProperties)
        visit(Type.RecordValue(schema), our.additionalProperties, their.additionalProperties, `${path}{}`)
    } else if (Type.IsArray(schema)) {
      if (our.items && their.items) visit(schema.items, our.items, their.items, `${path}[]`)
    } else if (Type.IsObject(schema)) {
      const named = fieldsNamed(their)
      if (named.size > 0) found.push({ path, schema, our, their, fields: named })
      for (const [name, inner] of Object.entries(schema.properties)) {
        const [ourField, theirField] = [our.properties?.[name], their.properties?.[name]]
        if (ourField === undefined || theirField === undefined) continue
        if (hasRules(theirField)) found.push({ path: `${path}.${name}`, schema, our, their, fields: new Set([name]) })
        visit(inner, ourField, theirField, `${path}.${name}`)
      }
    }
  }
  const { spec } = kinds[kind as keyof typeof kinds]
  const [our, their] = [schemaOf(ours, kind).properties?.spec, schemaOf(theirs, kind).properties?.spec]
  if (our !== undefined && their !== undefined) visit(spec, our, their, '.spec')
  return found
}

/** Rules of a field itself, or of what it is a collection of; those of messages inside are places of their own. */
const hasRules = (field: ForeignSchema): boolean =>
  (field.properties === undefined && field['x-kubernetes-validations'] !== undefined) ||
  (field.items !== undefined && hasRules(field.items)) ||
  (field.additionalProperties !== undefined && hasRules(field.additionalProperties))

function fieldsNamed(message: ForeignSchema): ReadonlySet<string> {
  const rules = (message['x-kubernetes-validations'] ?? []).map(({ rule }) => rule).join(' ')
  const logic = [message.oneOf, message.allOf].filter(part => part !== undefined)
  return new Set([
    ...[...rules.matchAll(/\.(\w+)/g)].map(([, name]) => name ?? ''),
    ...[...JSON.stringify(logic).matchAll(/"required":\["(\w+)"\]/g)].map(([, name]) => name ?? ''),
  ])
}

function compareAt({ schema, our, their, fields }: RuledPlace) {
  const refusedOnlyBy = new Set<'us' | 'istio'>()
  let refusedByIstio = false
  let example = ''
  fc.assert(
    fc.property(arbitraryOf(schema, { fields, bounds: 'crossed' }), value => {
      const [takenByUs, takenByIstio] = [accepts(our, value), accepts(their, value)]
      refusedByIstio ||= !takenByIstio
      if (takenByUs === takenByIstio) return
      refusedOnlyBy.add(takenByUs ? 'istio' : 'us')
      example = JSON.stringify(value)
    }),
    { numRuns: 150 },
  )
  return { refusedOnlyBy, refusedByIstio, example }
}
