/**
 * What resources come from beside configuration objects: the mesh's settings and networks, what is revoked, and the trust
 * domains that are federated. Each is taken away in an experiment, as objects are.
 */

import { meshConfigMessage } from '../../../config/mesh/mesh-config-message.ts'
import { defaultMeshConfig, type MeshConfig } from '../../../config/mesh-config.ts'
import { noNetworks } from '../../../config/parse-mesh-networks.ts'
import { fieldsNotInForce } from '../../../config/schema/fields-not-in-force.ts'
import type { Discovery } from '../../../discovery/discovery.ts'
import { plainEqual } from '../../../graph/equality.ts'
import type { Experiment } from '../experiment/supposed-edit.ts'

export interface MeshWideSource {
  readonly kind: 'MeshConfig' | 'MeshNetworks' | 'Revocation' | 'TrustDomain'
  /** '' of the settings: there is one set of them; of networks, that of one. */
  readonly name: string
  /** Of the settings, `meshMTLS.minProtocolVersion`; else ''. */
  readonly field: string
  readonly experiment: Experiment
}

export type MeshWideInputs = Pick<Discovery, 'mesh' | 'networks' | 'revocations' | 'federatedTrustDomains'>

/** Revocations and trust domains that are tried, at most; the resources of a long list come from all of it. */
const mostTried = 200

/** Those that may have gone into what has read these collections of the graph. */
export function meshWideSources(inputs: MeshWideInputs, collections: ReadonlySet<string>): readonly MeshWideSource[] {
  const all: MeshWideSource[] = []
  const { mesh, networks, revocations, federatedTrustDomains } = inputs
  if (collections.has(mesh.name)) all.push(...settings(inputs))
  if (collections.has(networks.name)) all.push(...meshNetworks(inputs))
  if (collections.has(revocations.peers.name)) all.push(...revokedPeers(inputs))
  if (collections.has(revocations.servers.name)) all.push(...revokedServers(inputs))
  if (collections.has(federatedTrustDomains.name)) all.push(...trustDomains(inputs))
  return all
}

/** One for each setting that is not the default, and that something acts on. */
function settings({ mesh }: MeshWideInputs): readonly MeshWideSource[] {
  const current = mesh.get('mesh') ?? defaultMeshConfig
  const idle = fieldsNotInForce(meshConfigMessage, current, '').map(({ field }) => field)
  return changedPaths(current, defaultMeshConfig)
    .filter(path => !idle.some(field => `${path.join('.')}.`.startsWith(`${field}.`)))
    .map(path => ({
      kind: 'MeshConfig',
      name: '',
      field: path.join('.'),
      experiment: {
        // Sound: the default's value at a path of the settings.
        edit: () => mesh.put('mesh', withValue(current, path, valueAt(defaultMeshConfig, path)) as MeshConfig),
        undo: () => mesh.put('mesh', current),
      },
    }))
}

/** One for each network. */
function meshNetworks({ networks: source }: MeshWideInputs): readonly MeshWideSource[] {
  const current = source.get('mesh') ?? noNetworks
  const networks = Object.entries(current.networks ?? {})
  return networks.map(([name]) => ({
    kind: 'MeshNetworks',
    name,
    field: '',
    experiment: {
      edit: () => source.put('mesh', { networks: Object.fromEntries(networks.filter(([other]) => other !== name)) }),
      undo: () => source.put('mesh', current),
    },
  }))
}

function revokedPeers({ revocations: { peers } }: MeshWideInputs): readonly MeshWideSource[] {
  const current = peers.get('mesh')
  if (current === undefined) return []
  return (['identities', 'digests'] as const).flatMap(list =>
    current[list].slice(0, mostTried).map(entry => ({
      kind: 'Revocation' as const,
      name: entry,
      field: '',
      experiment: {
        edit: () => peers.put('mesh', { ...current, [list]: current[list].filter(one => one !== entry) }),
        undo: () => peers.put('mesh', current),
      },
    })),
  )
}

function revokedServers({ revocations: { servers } }: MeshWideInputs): readonly MeshWideSource[] {
  return [...servers.entries()].slice(0, mostTried).map(([key, server]) => ({
    kind: 'Revocation',
    name: `ns/${server.namespace}/sa/${server.serviceAccount}`,
    field: '',
    experiment: { edit: () => servers.remove(key), undo: () => servers.put(key, server) },
  }))
}

function trustDomains({ federatedTrustDomains: source }: MeshWideInputs): readonly MeshWideSource[] {
  const current = source.get('mesh') ?? []
  return current.slice(0, mostTried).map(name => ({
    kind: 'TrustDomain',
    name,
    field: '',
    experiment: {
      edit: () =>
        source.put(
          'mesh',
          current.filter(one => one !== name),
        ),
      undo: () => source.put('mesh', current),
    },
  }))
}

type Path = readonly string[]

/** Where the two differ: the deepest paths through plain records. */
function changedPaths(value: unknown, standard: unknown, path: Path = []): readonly Path[] {
  if (plainEqual(value, standard)) return []
  if (!isRecord(value) || !isRecord(standard)) return [path]
  const keys = new Set([...Object.keys(standard), ...Object.keys(value)])
  return [...keys].flatMap(key => changedPaths(value[key], standard[key], [...path, key]))
}

function withValue(value: unknown, [key, ...rest]: Path, replacement: unknown): unknown {
  if (key === undefined) return replacement
  const record = isRecord(value) ? value : {}
  return { ...record, [key]: withValue(record[key], rest, replacement) }
}

function valueAt(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined) return value
  return isRecord(value) ? valueAt(value[key], rest) : undefined
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
