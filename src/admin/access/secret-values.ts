/** What a Secret shows to whom: its values are for those who may change it. */

import { mayEdit, type Role } from './role.ts'

type Json = Readonly<Record<string, unknown>>

const blackedOutAnnotation = 'meshwright.io/blacked-out'
/** kubectl's copy of what it has applied, values and all. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/** What is shown of a Secret besides its entries. A value may stand in any other field: misspelt, or indented wrongly. */
const openFields = ['apiVersion', 'kind', 'type', 'immutable']
const openMetadata = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'labels',
  'managedFields',
  'ownerReferences',
  'finalizers',
]

/** The Secret itself, or without values; the names of the entries stay, which is what one debugs with. */
export function secretShownTo(role: Role | undefined, namespace: string, secret: Json): Json {
  if (role !== undefined && mayEdit(role, namespace)) return secret
  const { data, metadata } = secret
  const { [lastApplied]: _copy, ...annotations } = membersOf(membersOf(metadata).annotations)
  // Where a colon was forgotten the name holds the value, and is none.
  const names = Object.keys(membersOf(data)).filter(name => /^[-._a-zA-Z0-9]{1,253}$/.test(name))
  return {
    ...pick(secret, openFields),
    ...(data === undefined ? {} : { data: Object.fromEntries(names.map(name => [name, ''])) }),
    metadata: {
      ...pick(membersOf(metadata), openMetadata),
      annotations: { ...annotations, [blackedOutAnnotation]: 'true' },
    },
  }
}

const pick = (value: Json, names: readonly string[]): Json =>
  Object.fromEntries(names.flatMap(name => (Object.hasOwn(value, name) ? [[name, value[name]]] : [])))

const membersOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
