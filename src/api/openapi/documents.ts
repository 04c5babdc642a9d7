/** The OpenAPI documents: one for each group and version, as kubectl reads them, and one of everything. */

import { createHash } from 'node:crypto'
import { openApiSchemas, schemaNameFor } from '../../config/openapi/openapi-schemas.ts'
import { meshwrightVersion } from '../../platform/version.ts'
import { isObject, type JsonObject } from '../json-value.ts'
import { type ListIdentity, listIdentities } from '../list-keys.ts'
import { apiVersionOf, servedKinds } from '../resources/served-kinds.ts'
import { ownPaths, ownSchemas } from './own-paths.ts'
import { pathsOf } from './paths.ts'

const ownVersion = 'config.meshwright.io/v1'

/** `/openapi/v3`: where each document is. The hash is another one for other content, so that clients may keep it. */
export function openApiIndex(): JsonObject {
  const versions = [...new Set(servedKinds.map(({ apiVersion }) => apiVersion)), ownVersion]
  return {
    paths: Object.fromEntries(
      versions.map(apiVersion => {
        const path = apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`
        const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
        const hash = createHash('sha256')
          .update(JSON.stringify(openApiDocument(group, version)))
          .digest('hex')
        return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash.toUpperCase()}` }]
      }),
    ),
  }
}

const made = new Map<string, JsonObject>()

/** Undefined: there is no such version. */
export function openApiDocument(group: string, version: string): JsonObject | undefined {
  const apiVersion = apiVersionOf(group, version)
  const known = made.get(apiVersion)
  if (known !== undefined) return known
  const served = servedKinds.filter(one => one.apiVersion === apiVersion)
  if (served.length === 0 && apiVersion !== ownVersion) return undefined
  const paths = apiVersion === ownVersion ? ownPaths : Object.assign({}, ...served.map(pathsOf))
  const document = documentOf(paths)
  made.set(apiVersion, document)
  return document
}

/** `/openapi.json`: every path of the API. */
export const wholeOpenApi = (): JsonObject => documentOf(Object.assign({}, ownPaths, ...servedKinds.map(pathsOf)))

/** kubectl makes its patches by what the lists of a schema say of their entries. */
function describedSchemas(): Readonly<Record<string, JsonObject>> {
  const schemas: Record<string, JsonObject> = { ...(openApiSchemas() as unknown as Record<string, JsonObject>) }
  for (const { kind, version } of servedKinds) {
    const name = schemaNameFor(kind, version)
    for (const [path, identity] of listIdentities(kind.name)) {
      const schema = schemas[name]
      if (schema !== undefined) schemas[name] = withListIdentity(schema, path.split('.'), identity)
    }
  }
  return { ...schemas, ...ownSchemas }
}

/** The schema with the list at the path described; without that field it stays as it is. */
function withListIdentity(schema: JsonObject, path: readonly string[], identity: ListIdentity): JsonObject {
  const [name, ...rest] = path
  if (schema.type === 'array' && isObject(schema.items)) {
    return name === undefined
      ? { ...schema, ...identityKeywords(identity) }
      : { ...schema, items: withListIdentity(schema.items, path, identity) }
  }
  const properties = isObject(schema.properties) ? schema.properties : {}
  const inner = name === undefined ? undefined : properties[name]
  if (name === undefined || !isObject(inner)) return schema
  return { ...schema, properties: { ...properties, [name]: withListIdentity(inner, rest, identity) } }
}

const identityKeywords = ({ mergeKey, mapKeys }: ListIdentity): JsonObject => ({
  'x-kubernetes-patch-strategy': 'merge',
  ...(mergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': mergeKey }),
  ...(mapKeys.length === 0
    ? { 'x-kubernetes-list-type': 'set' }
    : { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': mapKeys }),
})

function documentOf(paths: JsonObject): JsonObject {
  return {
    openapi: '3.0.3',
    info: {
      title: 'meshwright',
      description: 'The configuration of the mesh, in the style of the Kubernetes API.',
      version: meshwrightVersion,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      schemas: referenced(paths, describedSchemas()),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token of `meshwright access token`.' },
      },
    },
  }
}

/** The schemas that the paths name, and those that these name. */
function referenced(paths: JsonObject, schemas: Readonly<Record<string, JsonObject>>): JsonObject {
  const found = new Set<string>()
  const visit = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (found.has(name)) continue
      found.add(name)
      visit(schemas[name])
    }
  }
  visit(paths)
  return Object.fromEntries([...found].sort().map(name => [name, schemas[name]]))
}
