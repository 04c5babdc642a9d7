import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ProxyIdentity } from '../../discovery/proxy.ts'
import { scopeKeyOf } from '../../discovery/scope.ts'
import { createRig } from '../../discovery/testing/rig.ts'
import { planOutbound } from './plan.ts'
import { deriveOutboundPlans } from './plans.ts'
import { type OutboundView, outboundViewKey, viewOfAnybody } from './view.ts'

const label = fc.constantFrom('a', 'b', 'shop')
const services = fc.uniqueArray(
  fc.record({
    host: fc.oneof(
      fc.tuple(label, label).map(([name, namespace]) => `${name}.${namespace}.svc.cluster.local`),
      label,
      label.map(name => `*.${name}.com`),
    ),
    address: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.0/24', ''),
    port: fc.constantFrom(80, 8080),
    protocol: fc.constantFrom('HTTP', 'TCP', 'TLS', ''),
    exportTo: fc.constantFrom('*', '*', '*', '.', 'shop'),
    namespace: label,
    created: fc.constantFrom('2026-01-01T00:00:00Z', '2025-01-01T00:00:00Z'),
  }),
  { selector: ({ host, namespace }) => `${namespace}/${host}`, maxLength: 8 },
)

const views = (mode: ProxyIdentity['interceptionMode']): readonly OutboundView[] =>
  ['a', 'shop', 'far'].map(namespace => ({
    ...viewOfAnybody,
    mode,
    scope: { namespace },
    dnsDomain: `${namespace}.svc.cluster.local`,
  }))

test('each view has the plan that would be made for it alone', () => {
  fc.assert(
    fc.property(services, fc.constantFrom('REDIRECT', 'NONE'), (given, mode) => {
      const rig = createRig(
        given
          .map(({ host, address, port, protocol, exportTo, namespace, created }, i) =>
            JSON.stringify({
              apiVersion: 'networking.istio.io/v1',
              kind: 'ServiceEntry',
              metadata: { name: `e${i}`, namespace, creationTimestamp: created },
              spec: {
                hosts: [host],
                ...(address === '' ? {} : { addresses: [address] }),
                exportTo: [exportTo],
                resolution: 'STATIC',
                ports: [{ number: port, name: 'p', ...(protocol === '' ? {} : { protocol }) }],
              },
            }),
          )
          .join('\n---\n'),
      )
      const source = rig.graph.source<OutboundView>('outbound-views')
      const plans = deriveOutboundPlans(rig.graph, source, rig.facts)
      rig.graph.commit(() => {
        for (const view of views(mode)) {
          rig.scopeRequests.put(scopeKeyOf(view.scope), view.scope)
          source.put(outboundViewKey(view), view)
        }
      })
      for (const view of views(mode)) {
        assert.deepEqual(plans.get(outboundViewKey(view)), planOutbound(view, rig.facts), view.scope.namespace)
      }
    }),
  )
})
