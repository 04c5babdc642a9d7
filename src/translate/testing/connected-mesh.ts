/** Facts and tables of a mesh given as YAML, kept up to date by edits; tests only. */

import assert from 'node:assert/strict'
import type { AnyObject } from '../../config/kinds/catalogue.ts'
import { defaultMeshConfig } from '../../config/mesh-config.ts'
import { objectKey } from '../../config/object.ts'
import { parseConfigText } from '../../config/parse.ts'
import { formatProblem } from '../../config/problem.ts'
import { createDiscovery, type Discovery } from '../../discovery/discovery.ts'
import type { ProxyIdentity } from '../../discovery/proxy.ts'
import { createGraph, type Source } from '../../graph/graph.ts'
import { systemClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import { createTranslation, type TranslationReport } from '../engine.ts'
import { resourceKinds } from '../kinds.ts'
import { MemoryTable } from '../table.ts'

export interface ConnectedMesh {
  readonly discovery: Discovery
  connect(proxy: Partial<ProxyIdentity>): ProxyIdentity
  /** One commit. */
  put(yaml: string): TranslationReport
  /** Edits sources that no YAML is for. */
  commit(edit: () => void): TranslationReport
}

export function connectedMesh(yaml: string): ConnectedMesh {
  const graph = createGraph()
  const discovery = createDiscovery(graph)
  const translation = createTranslation({
    graph,
    discovery,
    kinds: resourceKinds,
    createTable: typeUrl => new MemoryTable(typeUrl),
    clock: systemClock,
    log: silentLog,
    idleFacetMs: 0,
  })
  const put = (text: string): TranslationReport =>
    translation.commit(() => {
      const { objects, problems } = parseConfigText(text, 'test.yaml')
      assert.deepEqual(problems.filter(({ severity }) => severity === 'error').map(formatProblem), [])
      // Sound: the source of an object's own kind.
      for (const object of objects) {
        const source = discovery.sources[object.kind] as unknown as Source<AnyObject>
        source.put(objectKey(object), object)
      }
    })
  translation.commit(() => discovery.mesh.put('mesh', defaultMeshConfig))
  put(yaml)
  return {
    discovery,
    put,
    commit: edit => translation.commit(edit),
    connect(given) {
      const proxy = { ...sidecar, ...given }
      translation.connect(proxy)
      return proxy
    },
  }
}

const sidecar: ProxyIdentity = {
  id: 'sidecar~10.0.0.1~client.shop~shop.svc.cluster.local',
  type: 'sidecar',
  name: 'client',
  namespace: 'shop',
  serviceAccount: 'client',
  trustDomain: 'cluster.local',
  ipAddresses: ['10.0.0.1'],
  labels: {},
  interceptionMode: 'REDIRECT',
  clusterId: '',
  network: '',
  dnsDomain: 'shop.svc.cluster.local',
  variant: 'delta',
}
