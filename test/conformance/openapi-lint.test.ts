/** A linter of OpenAPI reads the document as other people's tools will. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wholeOpenApi } from '../../src/api/openapi/documents.ts'
import { fetchPackage } from '../support/fetched-package.ts'

/** What is used of `@redocly/openapi-core`. */
interface Linter {
  createConfig(config: { readonly extends: readonly string[]; readonly rules: object }): Promise<unknown>
  lintFromString(given: {
    readonly source: string
    readonly absoluteRef: string
    readonly config: unknown
  }): Promise<readonly Complaint[]>
}

interface Complaint {
  readonly ruleId: string
  readonly message: string
  readonly location: readonly { readonly pointer?: string }[]
}

const rules = {
  // `required` inside of `not` and `anyOf` names properties of the schema around, as definitions of Kubernetes must have it.
  'no-required-schema-properties-undefined': 'off',
}

async function lint(linter: Linter, document: object): Promise<readonly string[]> {
  const config = await linter.createConfig({ extends: ['recommended-strict'], rules })
  const source = JSON.stringify(document)
  const complaints = await linter.lintFromString({ source, absoluteRef: 'openapi.json', config })
  return complaints.map(({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer ?? ''}`)
}

test('the document of the whole API passes a linter that finds what is wrong with others', async t => {
  const folder = fetchPackage('@redocly/openapi-core', '2.64.0')
  if (typeof folder === 'string') {
    t.skip(folder)
    return
  }
  // Sound: that version has these functions.
  const linter = (await import(new URL('lib/index.js', folder).href)) as Linter
  const document = wholeOpenApi()
  assert.deepEqual(await lint(linter, document), [])
  const paths = { ...(document.paths as object), '/broken/{name}': { get: { responses: {} } } }
  const found = (await lint(linter, { ...document, paths })).map(complaint => complaint.split(':')[0])
  assert.ok(found.includes('path-parameters-defined') && found.includes('operation-operationId'), found.join())
})
