/** Kubernetes ServiceAccount: the identity of a workload. Its name is all that the mesh reads. */

import { structure, type Value } from '../schema/fields.ts'
import { defineKind } from './kind.ts'

const spec = structure({})

export type ServiceAccountSpec = Value<typeof spec>

export const serviceAccount = defineKind({
  name: 'ServiceAccount',
  description: 'The identity of workloads. The mesh reads its name.',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  group: '',
  versions: ['v1'],
  scope: 'namespaced',
  body: 'top-level',
  spec,
  check() {},
})
