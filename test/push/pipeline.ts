/**
 * The daemon without sockets, files and certificates: config objects in, xDS streams out, with everything between them as
 * `src/daemon` joins it.
 */

import assert from 'node:assert/strict'
import type { Effect } from '../../src/config/effect.ts'
import type { AnyObject } from '../../src/config/kinds/catalogue.ts'
import type { MeshConfig } from '../../src/config/mesh-config.ts'
import { objectKey } from '../../src/config/object.ts'
import { parseConfigText } from '../../src/config/parse.ts'
import { parseMeshConfig } from '../../src/config/parse-mesh-config.ts'
import { formatProblem } from '../../src/config/problem.ts'
import type { SourceState } from '../../src/config/source-state.ts'
import { createProxyDirectory, type ProxyDirectory } from '../../src/daemon/proxy-directory.ts'
import { createTrueStatus, type TrueStatus } from '../../src/daemon/status/true-status.ts'
import { createDiscovery, type Discovery } from '../../src/discovery/discovery.ts'
import { createGraph, type Graph, type Source } from '../../src/graph/graph.ts'
import { FakeClock } from '../../src/platform/clock.ts'
import { silentLog } from '../../src/platform/log.ts'
import type { PeerIdentity } from '../../src/platform/rpc.ts'
import { createTranslation, type Translation, type TranslationReport } from '../../src/translate/engine.ts'
import { resourceKinds } from '../../src/translate/kinds.ts'
import type { AnyResourceKind } from '../../src/translate/resource-kind.ts'
import { type AdsServer, createAdsServer } from '../../src/xds/ads-server.ts'
import type { ResourceTable } from '../../src/xds/resource-table.ts'
import { createResourceTable } from '../../src/xds/table.ts'
import type { XdsVariant } from '../../src/xds/table-set.ts'
import { type FakeStream, openFakeStream } from '../../src/xds/testing/fake-transport.ts'

export interface Edit {
  readonly put?: readonly AnyObject[]
  readonly remove?: readonly AnyObject[]
  readonly mesh?: MeshConfig
}

export interface Pipeline {
  readonly graph: Graph
  readonly clock: FakeClock
  readonly ads: AdsServer
  /** Calls of `resolve` and `encode` of all kinds since the start, also those that a connecting proxy causes. */
  readonly calls: Readonly<KindCalls>
  /** What is in force, enough to build the same again. */
  readonly inForce: { readonly objects: ReadonlyMap<string, AnyObject>; readonly mesh: MeshConfig | undefined }
  readonly discovery: Discovery
  readonly translation: Translation<ResourceTable>
  readonly directory: ProxyDirectory
  readonly status: TrueStatus
  /** Kinds of security whose resources were refused by enough to be held back, were they others. */
  readonly securityRefusals: readonly string[]
  /** What `edit` would push. */
  preview(edit: Edit): Effect
  /** One commit and one flush. Fails when a derivation fails. */
  edit(edit: Edit): TranslationReport
  open(variant: XdsVariant, peer?: PeerIdentity): FakeStream
}

export interface KindCalls {
  resolved: number
  encoded: number
}

export interface PipelineOptions {
  readonly idleFacetMs?: number
  readonly maxResponseBytes?: number
  readonly quarantineAfter?: number
  readonly dryRunEnvoy?: string
}

export function createPipeline(options: PipelineOptions = {}): Pipeline {
  const graph = createGraph()
  const discovery = createDiscovery(graph)
  const clock = new FakeClock()
  const calls: KindCalls = { resolved: 0, encoded: 0 }
  const translation = createTranslation<ResourceTable>({
    graph,
    discovery,
    kinds: resourceKinds.map(kind => counted(kind, calls)),
    createTable: createResourceTable,
    clock,
    log: silentLog,
    ...(options.idleFacetMs === undefined ? {} : { idleFacetMs: options.idleFacetMs }),
  })
  const directory = createProxyDirectory({
    translation,
    isSynced: () => true,
    clock,
    trustDomains: () => ['cluster.local'],
    screen: () => status.quarantine,
  })
  const securityRefusals: string[] = []
  const refusedObjects: SourceState = { objects: [], problems: [] }
  const status = createTrueStatus({
    ads: () => ads,
    translation,
    discovery,
    directory,
    sourceState: () => refusedObjects,
    referenceProblems: () => [],
    earlierChanges: () => [],
    quarantine: { identities: options.quarantineAfter ?? 2, dryRunEnvoy: options.dryRunEnvoy },
    observer: { traced: () => undefined, securityRefused: kind => securityRefusals.push(kind) },
    clock,
    log: silentLog,
  })
  const ads: AdsServer = createAdsServer({
    directory,
    observer: {
      accepted: session => status.accepted(session),
      refused: (session, typeUrl, { message }) => status.refused(session, typeUrl, message),
      disconnected: session => status.left(session),
    },
    clock,
    log: silentLog,
    ...(options.maxResponseBytes === undefined ? {} : { maxResponseBytes: options.maxResponseBytes }),
  })
  const objects = new Map<string, AnyObject>()
  let mesh: MeshConfig | undefined
  // Sound: an object goes to the source of its own kind.
  const sourceOf = (object: AnyObject) => discovery.sources[object.kind] as unknown as Source<AnyObject>
  return {
    graph,
    clock,
    ads,
    calls,
    discovery,
    translation,
    directory,
    status,
    securityRefusals,
    preview({ put = [], remove = [] }) {
      const changes = [
        ...remove.map(object => ({ kind: object.kind, key: objectKey(object), object: undefined })),
        ...put.map(object => ({ kind: object.kind, key: objectKey(object), object })),
      ]
      return status.preview(changes)
    },
    get inForce() {
      return { objects, mesh }
    },
    edit(edit) {
      const report = translation.commit(() => {
        if (edit.mesh !== undefined) {
          mesh = edit.mesh
          discovery.mesh.put('mesh', edit.mesh)
        }
        for (const object of edit.remove ?? []) {
          objects.delete(`${object.kind}/${objectKey(object)}`)
          sourceOf(object).remove(objectKey(object))
        }
        for (const object of edit.put ?? []) {
          objects.set(`${object.kind}/${objectKey(object)}`, object)
          sourceOf(object).put(objectKey(object), object)
        }
      })
      status.settled()
      ads.flush()
      status.committed()
      assert.deepEqual(report.failures, [])
      return report
    },
    open: (variant, peer) => openFakeStream(ads.methods, paths[variant], peer),
  }
}

/** A pipeline that has never seen anything but what `other` has in force now. */
export function freshPipeline(other: Pipeline): Pipeline {
  const fresh = createPipeline()
  const { objects, mesh } = other.inForce
  fresh.edit({ put: [...objects.values()], ...(mesh === undefined ? {} : { mesh }) })
  return fresh
}

export function objectsFrom(yaml: string, file = 'objects.yaml'): readonly AnyObject[] {
  const { objects, problems } = parseConfigText(yaml, file)
  assert.deepEqual(problems.filter(({ severity }) => severity === 'error').map(formatProblem), [])
  return objects
}

export function meshFrom(yaml: string): MeshConfig {
  return parseMeshConfig(yaml, 'mesh.yaml').mesh
}

const paths = {
  delta: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
  sotw: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
} as const

function counted(kind: AnyResourceKind, calls: KindCalls): AnyResourceKind {
  return {
    ...kind,
    resolve(...given) {
      calls.resolved++
      return kind.resolve(...given)
    },
    encode(ir) {
      calls.encoded++
      return kind.encode(ir)
    },
  }
}
