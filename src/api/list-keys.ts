/**
 * Which lists are sets of entries with an identity, for strategic merge patches and server-side apply; every other list is
 * one value. Kubernetes' own kinds have theirs by their published API (`x-kubernetes-patch-merge-key`,
 * `x-kubernetes-list-map-keys`); Istio's have none, as in a cluster.
 */

import type { KindName } from '../config/object.ts'

export interface ListIdentity {
  /** The member that strategic merge patches tell entries apart by; absent: the entry itself, in a set of scalars. */
  readonly mergeKey?: string
  /** The members that server-side apply tells entries apart by; empty: the entry itself. */
  readonly mapKeys: readonly string[]
  /** Of map keys that entries may leave out. */
  readonly defaults?: Readonly<Record<string, unknown>>
}

/** `path`: names of members joined by dots, entries of lists left out: `spec.containers.ports`. */
export function listIdentity(kind: KindName, path: string): ListIdentity | undefined {
  return ofMetadata.get(path) ?? ofKind[kind]?.get(path)
}

const byKey = (key: string, ...more: readonly string[]): ListIdentity => ({ mergeKey: key, mapKeys: [key, ...more] })
const set: ListIdentity = { mapKeys: [] }
const portDefaults = { defaults: { protocol: 'TCP' } }

/** For documents that describe them; of metadata and the kind. */
export function listIdentities(kind: KindName): ReadonlyMap<string, ListIdentity> {
  return new Map([...ofMetadata, ...(ofKind[kind] ?? [])])
}

const ofMetadata: ReadonlyMap<string, ListIdentity> = new Map([
  ['metadata.finalizers', set],
  ['metadata.ownerReferences', byKey('uid')],
])

const container: readonly (readonly [string, ListIdentity])[] = [
  ['ports', { ...byKey('containerPort', 'protocol'), ...portDefaults }],
  ['env', byKey('name')],
  ['volumeMounts', byKey('mountPath')],
]

const containers = (path: string): readonly (readonly [string, ListIdentity])[] => [
  [path, byKey('name')],
  ...container.map(([name, identity]) => [`${path}.${name}`, identity] as const),
]

const conditions = ['status.conditions', byKey('type')] as const

const ofKind: Readonly<Partial<Record<KindName, ReadonlyMap<string, ListIdentity>>>> = {
  Service: new Map([['spec.ports', { ...byKey('port', 'protocol'), ...portDefaults }], conditions]),
  Pod: new Map([
    ...containers('spec.containers'),
    ...containers('spec.initContainers'),
    ['spec.volumes', byKey('name')],
    ['spec.imagePullSecrets', byKey('name')],
    ['spec.hostAliases', byKey('ip')],
    ['status.podIPs', byKey('ip')],
    conditions,
  ]),
  ServiceAccount: new Map([
    ['secrets', byKey('name')],
    ['imagePullSecrets', byKey('name')],
  ]),
  Node: new Map([['status.addresses', byKey('type')], conditions]),
}
