/** The components of an OpenAPI v3 document: one schema for each kind and served version, one for its list, and metadata. */

import { kinds } from '../kinds/catalogue.ts'
import type { Kind } from '../kinds/kind.ts'
import { metadataSchemas } from './object-meta.ts'
import { bodyProperties } from './object-schema.ts'
import type { GroupVersionKind, SchemaObject } from './schema-object.ts'

/**
 * For `components.schemas`, sorted by name. The names are Kubernetes' own (`io.k8s.api.core.v1.Pod`,
 * `io.istio.networking.v1.VirtualService`, `…List`); `schemaNameFor` tells which belongs to a kind. Each has
 * `x-kubernetes-group-version-kind`; fields have their descriptions.
 */
export function openApiSchemas(): Readonly<Record<string, SchemaObject>> {
  const schemas: [string, SchemaObject][] = Object.entries(metadataSchemas)
  for (const kind of Object.values(kinds) as unknown as readonly Kind[]) {
    for (const version of kind.versions) {
      const name = schemaNameFor(kind, version)
      schemas.push([name, objectSchema(kind, version)], [`${name}List`, listSchema(kind, version)])
    }
  }
  return Object.fromEntries(schemas.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** For `{ $ref: '#/components/schemas/NAME' }`; the list's is the same with `List` behind it. */
export function schemaNameFor(kind: Pick<Kind, 'group' | 'name'>, version: string): string {
  const [first = '', ...rest] = kind.group.split('.')
  const group = kind.group.endsWith('.istio.io')
    ? `io.istio.${first}`
    : kind.group === ''
      ? 'io.k8s.api.core'
      : rest.join('.') === 'k8s.io' || rest.length === 0
        ? `io.k8s.api.${first}`
        : kind.group.split('.').reverse().join('.')
  return `${group}.${version}.${kind.name}`
}

function objectSchema(kind: Kind, version: string): SchemaObject {
  const { properties, required = [] } = bodyProperties(kind)
  return {
    description: kind.description,
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata', ...required],
    properties: { ...typeProperties, metadata: reference('ObjectMeta', 'Name, labels and the like.'), ...properties },
    'x-kubernetes-group-version-kind': [identityOf(kind, version)],
  }
}

function listSchema(kind: Kind, version: string): SchemaObject {
  const { kind: name, ...rest } = identityOf(kind, version)
  return {
    description: `Objects of the kind ${name}, with the revision at which they were read.`,
    type: 'object',
    required: ['apiVersion', 'kind', 'items'],
    properties: {
      ...typeProperties,
      metadata: reference('ListMeta', 'The revision, and where the next page begins.'),
      items: { type: 'array', items: { $ref: `#/components/schemas/${schemaNameFor(kind, version)}` } },
    },
    'x-kubernetes-group-version-kind': [{ ...rest, kind: `${name}List` }],
  }
}

const identityOf = ({ group, name }: Kind, version: string): GroupVersionKind => ({ group, version, kind: name })

const typeProperties: Readonly<Record<string, SchemaObject>> = {
  apiVersion: { description: 'The group and version of the kind: `GROUP/VERSION`.', type: 'string' },
  kind: { description: 'The name of the kind.', type: 'string' },
}

const reference = (name: string, description: string): SchemaObject => ({
  description,
  allOf: [{ $ref: `#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.${name}` }],
})
