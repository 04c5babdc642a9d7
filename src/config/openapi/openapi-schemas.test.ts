import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kinds } from '../kinds/catalogue.ts'
import { openApiSchemas, schemaNameFor } from './openapi-schemas.ts'

const schemas = openApiSchemas()

test('every served version of every kind has a schema and one for its list', () => {
  for (const { group, name, versions } of Object.values(kinds)) {
    for (const version of versions) {
      const schema = schemas[schemaNameFor({ group, name }, version)]
      assert.deepEqual(schema?.['x-kubernetes-group-version-kind'], [{ group, version, kind: name }])
      assert.ok(schemas[`${schemaNameFor({ group, name }, version)}List`])
    }
  }
})

test('names are those of Kubernetes', () => {
  assert.equal(
    schemaNameFor({ group: 'networking.istio.io', name: 'VirtualService' }, 'v1'),
    'io.istio.networking.v1.VirtualService',
  )
  assert.equal(schemaNameFor({ group: '', name: 'Pod' }, 'v1'), 'io.k8s.api.core.v1.Pod')
  assert.equal(
    schemaNameFor({ group: 'discovery.k8s.io', name: 'EndpointSlice' }, 'v1'),
    'io.k8s.api.discovery.v1.EndpointSlice',
  )
})

test('every reference leads to a schema', () => {
  const text = JSON.stringify(schemas)
  const references = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name ?? '')
  assert.ok(references.length > 0)
  assert.deepEqual(
    [...new Set(references)].filter(name => schemas[name] === undefined),
    [],
  )
})

test('rules are emitted as CEL with the field that they complain of', () => {
  const spec = schemas['io.istio.security.v1.PeerAuthentication']?.properties?.spec
  const rules = spec?.['x-kubernetes-validations'] ?? []
  assert.ok(
    rules.some(({ rule, fieldPath }) => rule.includes('size(self.portLevelMtls)') && fieldPath === '.portLevelMtls'),
  )
})
