import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { scopeKeyOf } from './scope.ts'
import { serviceSeenFrom } from './seen-service.ts'
import { createRig } from './testing/rig.ts'

const namespace = fc.constantFrom('a', 'b', 'c')
const exportTo = fc.constantFrom('*', '.', 'a', 'b')
const entries = fc.uniqueArray(
  fc.record({ namespace, host: fc.constantFrom('one.com', 'two.com', 'x.a.svc.cluster.local'), exportTo }),
  { selector: ({ namespace, host }) => `${namespace}/${host}`, maxLength: 6 },
)
const egress = fc.constantFrom(undefined, [], ['*/*'], ['./*'], ['b/*'], ['*/one.com'])

test('a host means the service of that name in the scope, with and without a Sidecar', () => {
  fc.assert(
    fc.property(entries, egress, namespace, (services, hosts, client) => {
      const objects = services.map(({ namespace, host, exportTo }, i) => ({
        apiVersion: 'networking.istio.io/v1',
        kind: 'ServiceEntry',
        metadata: { name: `e${i}`, namespace },
        spec: { hosts: [host], exportTo: [exportTo], resolution: 'DNS', ports: [{ number: 80, name: 'http' }] },
      }))
      const sidecar = {
        apiVersion: 'networking.istio.io/v1',
        kind: 'Sidecar',
        metadata: { name: 'default', namespace: client },
        spec: {
          outboundTrafficPolicy: { mode: 'ALLOW_ANY' },
          ...(hosts === undefined || hosts.length === 0 ? {} : { egress: [{ hosts }] }),
        },
      }
      const all = hosts === undefined ? objects : [...objects, sidecar]
      const rig = createRig(all.map(object => JSON.stringify(object)).join('\n---\n'))
      const request = { namespace: client, ...(hosts === undefined ? {} : { sidecar: `${client}/default` }) }
      const scope = rig.scope(request)
      for (const { host } of services) {
        const expected = scope.services.find(key => key.endsWith(`/${host}`))
        assert.equal(serviceSeenFrom(request, host, rig.facts), expected, `${host} for ${scopeKeyOf(request)}`)
      }
    }),
  )
})
