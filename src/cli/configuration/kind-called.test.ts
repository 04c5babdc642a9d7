import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KindView } from '../../admin/configuration-view.ts'
import { kindCalled } from './configuration-client.ts'

const virtualService: KindView = {
  kind: 'VirtualService',
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1'],
  plural: 'virtualservices',
  shortNames: ['vs'],
  scope: 'namespaced',
}
const service: KindView = { ...virtualService, kind: 'Service', group: '', plural: 'services', shortNames: ['svc'] }

test('a kind is called by its name, its plural or a short name, in any case, with its group or without', () => {
  for (const word of ['VirtualService', 'virtualservices', 'vs', 'VS', 'virtualservices.networking.istio.io'])
    assert.equal(kindCalled([service, virtualService], word), virtualService)
})

test('what is no kind is answered with those that there are', () => {
  for (const word of ['', 'virtual', 'services.networking.istio.io'])
    assert.throws(() => kindCalled([service, virtualService], word), {
      code: 'OBJECT_KIND_UNKNOWN',
      remedy: /services \(svc\), virtualservices \(vs\)/,
    })
})
