/** Kubernetes' metadata of objects and lists, as far as the API gives a meaning to it. */

import type { SchemaObject } from './schema-object.ts'

const prefix = 'io.k8s.apimachinery.pkg.apis.meta.v1'

const text = (description: string): SchemaObject => ({ description, type: 'string' })
const moment = (description: string): SchemaObject => ({ description, type: 'string', format: 'date-time' })
const texts = (description: string): SchemaObject => ({
  description,
  type: 'object',
  additionalProperties: { type: 'string' },
})

export const metadataSchemas: Readonly<Record<string, SchemaObject>> = {
  [`${prefix}.ObjectMeta`]: {
    description: 'What every object has beside what it says.',
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
    properties: {
      name: text('Unique within the kind and the namespace: an RFC 1123 subdomain in lower case.'),
      namespace: text('Where the object lives. Default: `default`; empty for kinds that have none.'),
      labels: texts('What others select by.'),
      annotations: texts('What nobody selects by.'),
      uid: text('Stable from creation to deletion. Set by the server.'),
      resourceVersion: text('The revision of the last change. Sent back, a write that lost a race is refused.'),
      generation: {
        description: 'Counts the versions whose `spec` differs, from 1.',
        type: 'integer',
        format: 'int64',
      },
      creationTimestamp: moment('When the object was created. Set by the server.'),
    },
  },
  [`${prefix}.ListMeta`]: {
    description: 'What a list has beside its items.',
    type: 'object',
    properties: {
      resourceVersion: text('The revision at which the list was read; a watch goes on from it.'),
      continue: text('Opaque: sent back, it gives the next page.'),
      remainingItemCount: { description: 'How many come after this page.', type: 'integer', format: 'int64' },
    },
  },
}
