/** What a Secret shows to whom: its values are for those who may change it. */

import { mayEdit, type Role } from './role.ts'

type Json = Readonly<Record<string, unknown>>

const blackedOutAnnotation = 'meshwright.io/blacked-out'
/** kubectl's copy of what it has applied, values and all. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/** The Secret itself, or without values; the names of the entries stay, which is what one debugs with. */
export function secretShownTo(role: Role | undefined, namespace: string, secret: Json): Json {
  if (role !== undefined && mayEdit(role, namespace)) return secret
  const { data, stringData: _values, metadata, ...rest } = secret
  const { annotations, ...named } = membersOf(metadata)
  const { [lastApplied]: _copy, ...kept } = membersOf(annotations)
  const names = Object.keys(membersOf(data)).map(name => [name, ''])
  return {
    ...rest,
    ...(data === undefined ? {} : { data: Object.fromEntries(names) }),
    metadata: { ...named, annotations: { ...kept, [blackedOutAnnotation]: 'true' } },
  }
}

const membersOf = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})
