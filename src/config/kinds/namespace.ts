/** Kubernetes Namespace: its labels are all that the mesh reads. */

import { structure, type Value } from '../schema/fields.ts'
import { isDnsLabel } from './host-syntax.ts'
import { defineKind } from './kind.ts'

const spec = structure({})

export type NamespaceSpec = Value<typeof spec>

export const namespace = defineKind({
  name: 'Namespace',
  description: 'A namespace. Of its fields the mesh reads the name and the labels.',
  plural: 'namespaces',
  shortNames: ['ns'],
  group: '',
  versions: ['v1'],
  scope: 'cluster',
  body: 'spec',
  spec,
  check({ metadata }, report) {
    if (!isDnsLabel(metadata.name))
      report.error(
        'metadata.name',
        `${metadata.name} is not the name of a namespace`,
        'use lower-case letters, digits and -, at most 63',
      )
  },
})
