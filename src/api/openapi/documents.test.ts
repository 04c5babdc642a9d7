import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { kinds } from '../../config/kinds/catalogue.ts'
import { isObject, type JsonObject } from '../json-value.ts'
import { openApiDocument, openApiIndex, wholeOpenApi } from './documents.ts'

test('the documents are valid OpenAPI, by a validator of others', async () => {
  const validator = new Validator()
  const faults = await validator.validate(structuredClone(wholeOpenApi()) as Record<string, unknown>)
  assert.equal(validator.version, '3.0')
  assert.deepEqual(faults, { valid: true })
  const broken = { ...structuredClone(wholeOpenApi()), info: {} }
  assert.equal((await new Validator().validate(broken as Record<string, unknown>)).valid, false)
})

test('the index leads to a document for each group and version', () => {
  for (const path of Object.keys(openApiIndex().paths as object)) {
    const [, group = '', version = ''] = /^apis\/([^/]+)\/([^/]+)$/.exec(path) ?? ['', '', path.replace('api/', '')]
    const document = openApiDocument(group, version) ?? assert.fail(path)
    const text = JSON.stringify(document)
    const schemas = (document.components as { schemas: JsonObject }).schemas
    for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      assert.ok(isObject(schemas[name]), name)
  }
  assert.equal(openApiDocument('networking.istio.io', 'v9'), undefined)
})

test('every operation has an id of its own, and a patch says that it can be tried and validated, which kubectl looks for', () => {
  const ids: string[] = []
  let patches = 0
  for (const item of Object.values(wholeOpenApi().paths as Record<string, JsonObject>)) {
    for (const [method, operation] of Object.entries(item)) {
      if (!isObject(operation)) continue
      ids.push(String(operation.operationId))
      if (method !== 'patch') continue
      patches++
      const names = (operation.parameters as { name: string }[]).map(({ name }) => name)
      for (const name of ['dryRun', 'fieldManager', 'fieldValidation', 'force']) assert.ok(names.includes(name))
      assert.ok(isObject(operation['x-kubernetes-group-version-kind']))
    }
  }
  assert.equal(new Set(ids).size, ids.length)
  assert.equal(
    patches,
    Object.values(kinds).reduce((sum, { versions }) => sum + versions.length, 0),
  )
})
