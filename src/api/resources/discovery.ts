/** What there is: groups, versions and kinds, in the old form (a document a version) and in the new one (all at once). */

import type { JsonObject } from '../json-value.ts'
import { apiVersionOf, groups, type ServedKind, servedKinds, versionsOf } from './served-kinds.ts'

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/** What the API itself adds: not objects, but something that can be posted or asked. */
interface Extra {
  readonly name: string
  readonly singular: string
  readonly kind: string
  readonly verbs: readonly string[]
}

const ownGroup = 'config.meshwright.io'
const extras: readonly Extra[] = [
  { name: 'transactions', singular: 'transaction', kind: 'Transaction', verbs: ['create'] },
  { name: 'revisions', singular: 'revisions', kind: 'Revisions', verbs: ['get'] },
]

/** `/api` */
export const coreVersions = (address: string): JsonObject => ({
  kind: 'APIVersions',
  versions: versionsOf(''),
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
})

const namedGroups: readonly string[] = [...groups.filter(group => group !== ''), ownGroup].sort()

/** `/apis` */
export const groupList = (): JsonObject => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: namedGroups.map(group => groupView(group)),
})

/** `/apis/GROUP`; undefined: there is none of that name. */
export function groupDocument(group: string): JsonObject | undefined {
  return namedGroups.includes(group) ? { kind: 'APIGroup', apiVersion: 'v1', ...groupView(group) } : undefined
}

function groupView(group: string): JsonObject {
  const versions = allVersionsOf(group).map(version => ({ groupVersion: apiVersionOf(group, version), version }))
  return { name: group, versions, preferredVersion: versions[0] }
}

const allVersionsOf = (group: string): readonly string[] => (group === ownGroup ? ['v1'] : versionsOf(group))

/** `/api/v1`, `/apis/GROUP/VERSION`; undefined: there is none of that name. */
export function resourceList(group: string, version: string): JsonObject | undefined {
  const served = ofVersion(group, version)
  const isOwn = group === ownGroup && version === 'v1'
  if (served.length === 0 && !isOwn) return undefined
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(group, version),
    resources: isOwn
      ? extras.map(({ name, singular, kind, verbs: own }) => ({
          name,
          singularName: singular,
          namespaced: false,
          kind,
          verbs: own,
        }))
      : served.flatMap(({ kind }) => [
          {
            name: kind.plural,
            singularName: kind.name.toLowerCase(),
            namespaced: kind.scope === 'namespaced',
            kind: kind.name,
            verbs,
            ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
            categories: categoriesOf(kind.group),
          },
          {
            name: `${kind.plural}/status`,
            singularName: '',
            namespaced: kind.scope === 'namespaced',
            kind: kind.name,
            verbs: ['get'],
          },
        ]),
  }
}

const ofVersion = (group: string, version: string): readonly ServedKind[] =>
  servedKinds.filter(served => served.group === group && served.version === version)

/** `kubectl get mesh` lists everything that the mesh is told. */
const categoriesOf = (group: string): readonly string[] =>
  group.endsWith('.istio.io') ? ['istio-io', 'mesh'] : ['all']

/** `APIGroupDiscoveryList` of `/api` (the core group) or `/apis` (all others). */
export function aggregatedDiscovery(which: 'core' | 'named'): JsonObject {
  const items = which === 'core' ? [''] : namedGroups
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: items.map(group => ({
      metadata: { name: group, creationTimestamp: null },
      versions: allVersionsOf(group).map(version => ({
        version,
        freshness: 'Current',
        resources: group === ownGroup ? extras.map(extraDiscovery) : ofVersion(group, version).map(kindDiscovery),
      })),
    })),
  }
}

function kindDiscovery({ kind, group, version }: ServedKind): JsonObject {
  const responseKind = { group, version, kind: kind.name }
  return {
    resource: kind.plural,
    responseKind,
    scope: kind.scope === 'namespaced' ? 'Namespaced' : 'Cluster',
    singularResource: kind.name.toLowerCase(),
    verbs,
    shortNames: kind.shortNames,
    categories: categoriesOf(group),
    subresources: [{ subresource: 'status', responseKind, verbs: ['get'] }],
  }
}

const extraDiscovery = ({ name, singular, kind, verbs: own }: Extra): JsonObject => ({
  resource: name,
  responseKind: { group: ownGroup, version: 'v1', kind },
  scope: 'Cluster',
  singularResource: singular,
  verbs: own,
})

/** `/version`: clients compare `major` and `minor` with what they know of Kubernetes. */
export const versionDocument = (meshwrightVersion: string): JsonObject => ({
  major: '1',
  minor: '32',
  gitVersion: `v1.32.0+meshwright-${meshwrightVersion}`,
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: '',
})
