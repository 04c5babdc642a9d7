/** The parameters of the API's operations, each with what it means. */

import type { JsonObject } from '../json-value.ts'

type SchemaType = 'string' | 'integer' | 'boolean'

const query = (name: string, description: string, type: SchemaType = 'string', more: JsonObject = {}): JsonObject => ({
  name,
  in: 'query',
  description,
  schema: { type, ...more },
})

const pathParameter = (name: string, description: string, example: string): JsonObject => ({
  name,
  in: 'path',
  required: true,
  description,
  example,
  schema: { type: 'string', minLength: 1, pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$', maxLength: 253 },
})

export const namespaceParameter = pathParameter('namespace', 'Where the object lives.', 'default')
export const nameParameter = pathParameter('name', 'Of the object.', 'default')

const selectors = [
  query('labelSelector', 'Picks by labels: `app=web,tier!=cache,env in (a,b),!legacy`.'),
  query('fieldSelector', 'Picks by fields: `metadata.name=web`. Which there are is fixed for each kind.'),
]

export const listParameters: readonly JsonObject[] = [
  ...selectors,
  query('limit', 'At most so many; the rest by `continue`. 0 is no limit.', 'integer', {
    minimum: 0,
    maximum: 999_999_999,
  }),
  query('continue', 'What the page before has answered: the next one, at the same revision.'),
  query('resourceVersion', 'A list at this revision, or a watch of what came after it.'),
  query('resourceVersionMatch', 'For lists: `Exact` is the state at the revision.', 'string', {
    enum: ['Exact', 'NotOlderThan'],
  }),
  query('watch', 'Events as lines of JSON instead of a list.', 'boolean'),
  query('allowWatchBookmarks', 'Sends the revision from time to time, so that a watch can go on from it.', 'boolean'),
  query('sendInitialEvents', 'Begins a watch with what is there.', 'boolean'),
  query('timeoutSeconds', 'When a watch ends.', 'integer', { minimum: 0, maximum: 999_999_999 }),
]

export const removeManyParameters: readonly JsonObject[] = [...selectors, dryRun()]

export const createParameters: readonly JsonObject[] = [dryRun(), manager(), validation()]

export const patchParameters: readonly JsonObject[] = [
  ...createParameters,
  query('force', 'For apply: takes over fields that others own.', 'boolean'),
]

export const removeParameters: readonly JsonObject[] = [dryRun()]

function dryRun(): JsonObject {
  return query('dryRun', 'Does everything but the commit.', 'string', { enum: ['All'] })
}

function manager(): JsonObject {
  return query('fieldManager', 'Who owns the fields that are written.', 'string', { minLength: 1, maxLength: 128 })
}

function validation(): JsonObject {
  return query(
    'fieldValidation',
    'Fields that are not known are refused in kinds of the mesh, whatever this says.',
    'string',
    {
      enum: ['Ignore', 'Warn', 'Strict'],
    },
  )
}
