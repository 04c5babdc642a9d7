/** A graph, its discovery and a translation, driven by YAML: what tests of the engine stand on. */

import assert from 'node:assert/strict'
import type { AnyObject } from '../../config/kinds/catalogue.ts'
import { objectKey } from '../../config/object.ts'
import { parseConfigText } from '../../config/parse.ts'
import { formatProblem } from '../../config/problem.ts'
import { createDiscovery, type Discovery } from '../../discovery/discovery.ts'
import type { ProxyIdentity } from '../../discovery/proxy.ts'
import { createGraph, type Graph, type Source } from '../../graph/graph.ts'
import { FakeClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import type { ProxyTables } from '../connected-proxy.ts'
import { createTranslation, type Translation, type TranslationReport } from '../engine.ts'
import type { AnyResourceKind } from '../resource-kind.ts'
import { MemoryTable, type ResourceChange } from '../table.ts'

export interface TestWorld {
  readonly graph: Graph
  readonly discovery: Discovery
  readonly clock: FakeClock
  readonly translation: Translation<MemoryTable>
  /** Every apply to any table, as `TYPE: +NAME -NAME`, the type's last word only. */
  readonly applied: string[]
  apply(yaml: string): TranslationReport
  remove(yaml: string): TranslationReport
}

export function createTestWorld(kinds: readonly AnyResourceKind[], idleFacetMs = 30_000): TestWorld {
  const graph = createGraph()
  const discovery = createDiscovery(graph)
  const clock = new FakeClock()
  const applied: string[] = []
  class LoggedTable extends MemoryTable {
    override apply(changes: readonly ResourceChange[]): void {
      const words = changes.map(({ name, resource }) => `${resource === undefined ? '-' : '+'}${name}`).sort()
      applied.push(`${this.typeUrl.slice(this.typeUrl.lastIndexOf('.') + 1)}: ${words.join(' ')}`)
      super.apply(changes)
    }
  }
  const translation = createTranslation<MemoryTable>({
    graph,
    discovery,
    kinds,
    createTable: typeUrl => new LoggedTable(typeUrl),
    clock,
    log: silentLog,
    idleFacetMs,
  })
  const each = (yaml: string, edit: (source: Source<AnyObject>, object: AnyObject) => void): TranslationReport => {
    const { objects, problems } = parseConfigText(yaml, 'test.yaml')
    assert.deepEqual(problems.filter(({ severity }) => severity === 'error').map(formatProblem), [])
    return translation.commit(() => {
      // Sound: the source of an object's own kind.
      for (const object of objects) edit(discovery.sources[object.kind] as unknown as Source<AnyObject>, object)
    })
  }
  return {
    graph,
    discovery,
    clock,
    translation,
    applied,
    apply: yaml => each(yaml, (source, object) => source.put(objectKey(object), object)),
    remove: yaml => each(yaml, (source, object) => source.remove(objectKey(object))),
  }
}

export function testProxy(namespace: string, fields: Partial<ProxyIdentity> = {}): ProxyIdentity {
  return {
    id: `sidecar~10.0.0.1~client.${namespace}~${namespace}.svc.cluster.local`,
    type: 'sidecar',
    name: 'client',
    namespace,
    serviceAccount: 'default',
    trustDomain: 'cluster.local',
    ipAddresses: ['10.0.0.1'],
    labels: {},
    interceptionMode: 'REDIRECT',
    clusterId: 'Kubernetes',
    network: '',
    dnsDomain: `${namespace}.svc.cluster.local`,
    variant: 'delta',
    ...fields,
  }
}

/** Versions by name, over all tables of the type. */
export function held(tables: ProxyTables<MemoryTable>, typeUrl: string): Readonly<Record<string, string>> {
  const resources = tables.tables(typeUrl).flatMap(table => [...table.resources.values()])
  return Object.fromEntries(resources.map(({ name, version }) => [name, version]).sort())
}

/** A Service with one HTTP port, and a ready endpoint at each address. */
export function serviceYaml(name: string, namespace: string, addresses: readonly string[] = []): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  clusterIP: 10.96.0.1
  ports: [{name: http, port: 80}]
---${sliceYaml(name, namespace, addresses)}`
}

export function sliceYaml(name: string, namespace: string, addresses: readonly string[]): string {
  return `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}-a, namespace: ${namespace}, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [${addresses.map(address => `{addresses: [${address}]}`).join(', ')}]
---`
}
