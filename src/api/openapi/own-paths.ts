/** Paths and schemas that belong to no kind: transactions, revisions, and the forms of answers. */

import type { JsonObject } from '../json-value.ts'
import { answer, refusals, statusSchema, watchEventSchema } from './paths.ts'

const root = '/apis/config.meshwright.io/v1'
const text = { type: 'string' }
const number = { type: 'integer', format: 'int64' }
const object = { type: 'object' }

export const ownPaths: Readonly<Record<string, JsonObject>> = {
  [`${root}/transactions`]: {
    post: {
      operationId: 'createTransaction',
      summary: 'Commit several changes at once',
      description: 'Several objects as one revision, or not at all. The caller must be an editor of each.',
      tags: ['config.meshwright.io_v1'],
      parameters: [
        {
          name: 'dryRun',
          in: 'query',
          description: 'Does everything but the commit.',
          schema: { ...text, enum: ['All'] },
        },
        {
          name: 'fieldManager',
          in: 'query',
          description: 'Who owns the fields.',
          schema: { ...text, minLength: 1, maxLength: 128 },
        },
        { name: 'force', in: 'query', description: 'Takes over fields that others own.', schema: { type: 'boolean' } },
      ],
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: { $ref: '#/components/schemas/io.meshwright.config.v1.TransactionRequest' } },
        },
      },
      responses: { '200': answer('io.meshwright.config.v1.Transaction'), ...refusals },
    },
  },
  [`${root}/revisions`]: {
    get: {
      operationId: 'readRevisions',
      summary: 'Read the line of revisions',
      description: 'The newest and the oldest revision that are known, and the newest of a moment.',
      tags: ['config.meshwright.io_v1'],
      parameters: [{ name: 'time', in: 'query', description: 'RFC 3339.', schema: { ...text, format: 'date-time' } }],
      responses: { '200': answer('io.meshwright.config.v1.Revisions'), ...refusals },
    },
  },
}

export const ownSchemas: Readonly<Record<string, JsonObject>> = {
  [statusSchema]: {
    description: 'How a request ended.',
    type: 'object',
    required: ['kind', 'apiVersion', 'status', 'code'],
    properties: {
      kind: { ...text, enum: ['Status'] },
      apiVersion: { ...text, enum: ['v1'] },
      metadata: object,
      status: { ...text, enum: ['Success', 'Failure'] },
      message: { ...text, description: 'For people.' },
      reason: { ...text, description: 'One word for programs.' },
      details: {
        type: 'object',
        properties: {
          name: text,
          group: text,
          kind: text,
          uid: text,
          retryAfterSeconds: { type: 'integer', format: 'int32' },
          causes: {
            type: 'array',
            items: { type: 'object', properties: { reason: text, message: text, field: text } },
          },
        },
      },
      code: { type: 'integer', format: 'int32', description: 'The HTTP status.' },
    },
  },
  [watchEventSchema]: {
    description: 'One line of a watch.',
    type: 'object',
    required: ['type', 'object'],
    properties: {
      type: { ...text, enum: ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'] },
      object: { ...object, description: 'The object; of a bookmark its revision alone; of an error a Status.' },
    },
  },
  'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions': {
    description: 'What must hold for a deletion.',
    type: 'object',
    properties: {
      kind: text,
      apiVersion: text,
      dryRun: { type: 'array', items: { ...text, enum: ['All'] } },
      preconditions: {
        type: 'object',
        properties: {
          uid: { ...text, description: 'It must be this very object.' },
          resourceVersion: { ...text, description: 'Nobody must have changed it since.' },
        },
      },
    },
  },
  'io.meshwright.config.v1.TransactionRequest': {
    description: 'What is to be done, all of it or nothing.',
    type: 'object',
    required: ['operations'],
    properties: {
      operations: {
        type: 'array',
        minItems: 1,
        maxItems: 20_000,
        items: {
          type: 'object',
          required: ['operation', 'object'],
          properties: {
            operation: {
              ...text,
              enum: ['create', 'replace', 'put', 'apply', 'delete'],
              description: '`put` creates or replaces; `apply` is server-side apply.',
            },
            object: {
              type: 'object',
              description: 'Whole; for `delete` apiVersion, kind and metadata are enough.',
              required: ['apiVersion', 'kind', 'metadata'],
              properties: { apiVersion: text, kind: text, metadata: object },
            },
          },
        },
      },
    },
  },
  'io.meshwright.config.v1.Transaction': {
    description: 'What was done, or in a dry run would be.',
    type: 'object',
    required: ['kind', 'apiVersion', 'metadata', 'results', 'warnings'],
    properties: {
      kind: { ...text, enum: ['Transaction'] },
      apiVersion: text,
      metadata: { type: 'object', properties: { resourceVersion: text } },
      results: {
        type: 'array',
        description: 'In the order of the operations.',
        items: {
          type: 'object',
          required: ['operation', 'changed', 'revision'],
          properties: {
            operation: text,
            changed: { type: 'boolean' },
            revision: number,
            object,
            kind: text,
            namespace: text,
            name: text,
          },
        },
      },
      warnings: {
        type: 'array',
        items: {
          type: 'object',
          properties: { code: text, kind: text, namespace: text, name: text, field: text, reason: text, remedy: text },
        },
      },
      effect: { ...object, description: 'What is pushed to proxies because of it.' },
    },
  },
  'io.meshwright.config.v1.Revisions': {
    description: 'The line of revisions.',
    type: 'object',
    required: ['kind', 'apiVersion', 'newest', 'oldest'],
    properties: { kind: text, apiVersion: text, newest: number, oldest: number, at: number },
  },
  'io.meshwright.config.v1.ObjectHistory': {
    description: 'The versions of one object.',
    type: 'object',
    required: ['kind', 'apiVersion', 'versions'],
    properties: {
      kind: text,
      apiVersion: text,
      metadata: object,
      versions: {
        type: 'array',
        items: {
          type: 'object',
          required: ['revision', 'generation', 'changedAt', 'changedBy'],
          properties: {
            revision: number,
            generation: number,
            changedAt: { ...text, format: 'date-time' },
            changedBy: text,
            state: text,
            object,
          },
        },
      },
    },
  },
}
