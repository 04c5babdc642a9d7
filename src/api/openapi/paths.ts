/** The paths of one kind and version as OpenAPI describes them. kubectl reads from them what an operation can do. */

import { schemaNameFor } from '../../config/openapi/openapi-schemas.ts'
import type { JsonObject } from '../json-value.ts'
import type { ServedKind } from '../resources/served-kinds.ts'
import {
  createParameters,
  listParameters,
  nameParameter,
  namespaceParameter,
  patchParameters,
  removeManyParameters,
  removeParameters,
} from './parameters.ts'

export function pathsOf(served: ServedKind): Readonly<Record<string, JsonObject>> {
  const { kind, group, version, apiVersion } = served
  const root = group === '' ? `/api/${version}` : `/apis/${apiVersion}`
  const isNamespaced = kind.scope === 'namespaced'
  const collection = isNamespaced ? `${root}/namespaces/{namespace}/${kind.plural}` : `${root}/${kind.plural}`
  const inPlace = isNamespaced ? [namespaceParameter] : []
  const one = [...inPlace, nameParameter]
  return {
    ...(isNamespaced
      ? {
          [`${root}/${kind.plural}`]: {
            get: list(served, 'ForAllNamespaces', `Lists ${kind.plural} of all namespaces, or watches them.`),
          },
        }
      : {}),
    [collection]: {
      parameters: inPlace,
      get: list(served, isNamespaced ? 'Namespaced' : '', `Lists ${kind.plural}, or watches them.`),
      post: {
        ...operation(served, 'post', 'create', `Creates one of the ${kind.plural}.`),
        parameters: createParameters,
        requestBody: objectBody(served),
        responses: answers(['201'], served),
      },
      delete: {
        ...operation(
          served,
          'deletecollection',
          'deleteCollection',
          `Deletes all ${kind.plural} that are picked, or none.`,
        ),
        parameters: removeManyParameters,
        requestBody: deleteBody,
        responses: { '200': answer(`${schemaNameFor(kind, version)}List`), ...refusals },
      },
    },
    [`${collection}/{name}`]: {
      parameters: one,
      get: { ...operation(served, 'get', 'read', `One of the ${kind.plural}.`), responses: answers(['200'], served) },
      put: {
        ...operation(
          served,
          'put',
          'replace',
          'Replaces it. With its `resourceVersion`, only while nobody else has changed it.',
        ),
        parameters: createParameters,
        requestBody: objectBody(served),
        responses: answers(['200'], served),
      },
      patch: {
        ...operation(served, 'patch', 'patch', 'Changes it by a patch, or applies what a manager wants of it.'),
        parameters: patchParameters,
        requestBody: { required: true, content: patchContent },
        responses: answers(['200', '201'], served),
      },
      delete: {
        ...operation(served, 'delete', 'delete', 'Deletes it.'),
        parameters: removeParameters,
        requestBody: deleteBody,
        responses: { '200': answer(statusSchema), ...refusals },
      },
    },
    [`${collection}/{name}/status`]: {
      parameters: one,
      get: {
        ...operation(served, 'get', 'readStatusOf', 'The object with its status, which only the server writes.'),
        responses: answers(['200'], served),
      },
    },
    [`${collection}/{name}/history`]: {
      parameters: one,
      get: {
        ...operation(served, 'get', 'readHistoryOf', 'Every version that is kept, the newest first.'),
        responses: { '200': answer('io.meshwright.config.v1.ObjectHistory'), ...refusals },
      },
    },
  }
}

export const statusSchema = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status'

export const watchEventSchema = 'io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent'

/** What every operation may answer instead. */
export const refusals: JsonObject = Object.fromEntries(
  (
    [
      ['400', 'The request cannot be used.'],
      ['401', 'There is no credential, or none that is in force.'],
      ['403', 'The role does not allow it, or a quota or the ownership of a host.'],
      ['404', 'There is no such thing.'],
      ['405', 'The path does not take that method.'],
      ['406', 'None of the forms that are accepted is there.'],
      ['409', 'It exists already, has changed, is of a file, or another manager owns a field.'],
      ['410', 'The revision is not kept any more.'],
      ['413', 'The body is too large.'],
      ['415', 'The body has a form that is not taken.'],
      ['422', 'The object is not valid; each cause names a field.'],
      ['429', 'Too many watches are open.'],
      ['503', 'The daemon cannot write now.'],
      ['504', 'The revision is not there yet.'],
    ] as const
  ).map(([code, description]) => [code, { ...answer(statusSchema), description }]),
)

export function answer(schema: string): JsonObject {
  const content = { schema: { $ref: `#/components/schemas/${schema}` } }
  return { description: 'Done.', content: { 'application/json': content, 'application/yaml': content } }
}

/** With `watch`, events as lines. */
function listAnswer(schema: string): JsonObject {
  const { content, ...rest } = answer(schema)
  const event = { schema: { $ref: `#/components/schemas/${watchEventSchema}` } }
  return { ...rest, content: { ...(content as JsonObject), 'application/json;stream=watch': event } }
}

const answers = (codes: readonly string[], { kind, version }: ServedKind): JsonObject => ({
  ...Object.fromEntries(codes.map(code => [code, answer(schemaNameFor(kind, version))])),
  ...refusals,
})

function list(served: ServedKind, scope: string, description: string): JsonObject {
  const { kind, version } = served
  return {
    ...operation(served, 'list', `list${scope}`, description),
    parameters: listParameters,
    responses: { '200': listAnswer(`${schemaNameFor(kind, version)}List`), ...refusals },
  }
}

/** By verb, what stands before the name of the kind. */
const summaries: Readonly<Record<string, string>> = {
  list: 'List',
  listNamespaced: 'List',
  listForAllNamespaces: 'List everywhere',
  create: 'Create',
  deleteCollection: 'Delete several',
  read: 'Read',
  replace: 'Replace',
  patch: 'Patch or apply',
  delete: 'Delete',
  readStatusOf: 'Read the status of',
  readHistoryOf: 'Read the history of',
}

function operation(
  { kind, group, version }: ServedKind,
  action: string,
  verb: string,
  description: string,
): JsonObject {
  const words = [...group.split('.'), version].map(word => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`).join('')
  const scope = kind.scope === 'namespaced' && !verb.includes('Namespace') ? 'Namespaced' : ''
  return {
    operationId: `${verb}${words}${scope}${kind.name}`,
    summary: `${summaries[verb] ?? verb} ${kind.name}`,
    description,
    tags: [group === '' ? `core_${version}` : `${group}_${version}`],
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind: kind.name },
  }
}

function objectBody({ kind, version }: ServedKind): JsonObject {
  const content = { schema: { $ref: `#/components/schemas/${schemaNameFor(kind, version)}` } }
  return { required: true, content: { 'application/json': content, 'application/yaml': content } }
}

const deleteBody = {
  required: false,
  content: {
    'application/json': { schema: { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions' } },
  },
}

const anyObject = { schema: { type: 'object' } }

const patchContent = {
  'application/json-patch+json': { schema: { type: 'array', items: { type: 'object' } } },
  'application/merge-patch+json': anyObject,
  'application/strategic-merge-patch+json': anyObject,
  'application/apply-patch+yaml': anyObject,
}
