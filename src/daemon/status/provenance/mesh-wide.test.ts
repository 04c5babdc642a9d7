import assert from 'node:assert/strict'
import { test } from 'node:test'
import { meshConfigFrom } from '../../../config/mesh-config.ts'
import { createDiscovery } from '../../../discovery/discovery.ts'
import { createGraph } from '../../../graph/graph.ts'
import { meshWideSources } from './mesh-wide.ts'

test('settings that are the default, or that nothing acts on, are not tried', () => {
  const graph = createGraph()
  const discovery = createDiscovery(graph)
  graph.commit(() =>
    discovery.mesh.put(
      'mesh',
      meshConfigFrom({
        connectTimeout: '3s',
        dnsRefreshRate: '60s',
        ingressClass: 'a',
        extensionProviders: [{ name: 'a', prometheus: {} }],
        defaultConfig: { drainDuration: '1s' },
      }),
    ),
  )
  assert.deepEqual(
    meshWideSources(discovery, new Set(['mesh'])).map(({ kind, field }) => `${kind} ${field}`),
    ['MeshConfig connectTimeout'],
  )
})
