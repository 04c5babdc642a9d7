import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import type { SchemaObject } from '../openapi/schema-object.ts'
import { crdManifest, customResourceDefinitions } from './manifest.ts'

test('the manifest is the definitions, sorted, each a YAML document', () => {
  const read = parseAllDocuments(crdManifest()).map(document => document.toJSON())
  assert.deepEqual(read, JSON.parse(JSON.stringify(customResourceDefinitions())))
  const names = read.map(({ metadata }) => metadata.name)
  assert.deepEqual(names, [...names].sort())
  assert.ok(names.includes('virtualservices.networking.istio.io'))
})

test('exactly one version of each kind is stored', () => {
  for (const { metadata, spec } of customResourceDefinitions())
    assert.equal(spec.versions.filter(({ storage }) => storage).length, 1, metadata.name)
})

test('schemas are structural: each has one type, and no form stands beside it that a cluster could not prune by', () => {
  for (const { metadata, spec } of customResourceDefinitions()) {
    for (const { name, schema } of spec.versions) checkStructural(schema.openAPIV3Schema, `${metadata.name}/${name}`)
  }
})

/** https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema */
function checkStructural(schema: SchemaObject, place: string): void {
  const isOpen =
    schema['x-kubernetes-preserve-unknown-fields'] === true || schema['x-kubernetes-int-or-string'] === true
  assert.ok(schema.type !== undefined || isOpen, `${place} has no type`)
  assert.ok(schema.properties === undefined || schema.additionalProperties === undefined, place)
  assert.equal(schema.type === 'array', schema.items !== undefined, place)
  for (const required of schema.required ?? []) assert.ok(schema.properties?.[required], `${place}.${required}`)
  for (const [name, inner] of Object.entries(schema.properties ?? {})) checkStructural(inner, `${place}.${name}`)
  if (schema.additionalProperties !== undefined) checkStructural(schema.additionalProperties, `${place}{}`)
  if (schema.items !== undefined) checkStructural(schema.items, `${place}[]`)
}
