import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { MeshService } from '../../discovery/service.ts'
import { claimHosts, hostPlans, type RouteMember, withOwnNames } from './hosts.ts'

const label = fc.constantFrom('a', 'b', 'shop', 'svc')
const hostname = fc.oneof(
  fc.tuple(label, label).map(([name, namespace]) => `${name}.${namespace}.svc.cluster.local`),
  fc.array(label, { minLength: 1, maxLength: 3 }).map(labels => labels.join('.')),
  label.map(name => `*.${name}`),
  fc.constant('*'),
)

const member = (host: string, address: string, port: number): RouteMember => {
  const service: MeshService = {
    key: `shop/${host}`,
    hostname: host,
    namespace: 'shop',
    name: host,
    registry: 'External',
    addresses: [address],
    headless: false,
    ports: [],
    resolution: 'eds',
    meshExternal: false,
    exportTo: ['*'],
    subjectAltNames: [],
    createdAt: '',
  }
  return { service, port: { number: port, name: 'http', protocol: 'http' }, listenPort: 80, names: 'any' }
}

const members = fc.uniqueArray(
  fc.tuple(hostname, fc.constantFrom('10.0.0.1', '10.0.0.2', 'fd00::1'), fc.constantFrom(80, 8080)),
  { selector: ([host]) => host, maxLength: 8 },
)

test('no domain belongs to two hosts, and none is the catch-all', () => {
  fc.assert(
    fc.property(members, given => {
      const domains = hostPlans(
        given.map(([host, address, port]) => member(host, address, port)),
        'shop.svc.cluster.local',
      ).flatMap(host => host.domains)
      assert.equal(new Set(domains).size, domains.length)
      assert.ok(!domains.includes('*'))
    }),
  )
})

test('a host is reached by its full name whatever else the others are called', () => {
  fc.assert(
    fc.property(members, given => {
      const plans = hostPlans(
        given.map(([host, address, port]) => member(host, address, port)),
        'shop.svc.cluster.local',
      )
      for (const [host] of given) {
        if (host === '*') continue
        assert.ok(plans.find(plan => plan.service === `shop/${host}`)?.domains.includes(host), host)
      }
    }),
  )
})

test('short names are those that a resolver in the namespace of the client would complete', () => {
  const names = (dnsDomain: string): readonly string[] =>
    hostPlans([member('api.shop.svc.cluster.local', '10.0.0.1', 80)], dnsDomain)[0]?.domains ?? []
  const full = ['api.shop.svc.cluster.local', 'api.shop.svc', 'api.shop']
  const withPort = (hosts: readonly string[]): readonly string[] => hosts.flatMap(host => [host, `${host}:80`])
  assert.deepEqual(names('shop.svc.cluster.local'), withPort([...full, 'api', '10.0.0.1']))
  assert.deepEqual(names('far.svc.cluster.local'), withPort([...full, '10.0.0.1']))
  assert.deepEqual(names('shop.svc.other.domain'), withPort(['api.shop.svc.cluster.local', '10.0.0.1']))
})

test('clients of another namespace get from the common plan what would be planned for them', () => {
  let adapted = 0
  fc.assert(
    fc.property(members, fc.constantFrom('a', 'shop', 'far'), (given, namespace) => {
      const all = given.map(([host, address, port]) => member(host, address, port))
      const dnsDomain = `${namespace}.svc.cluster.local`
      const plans = withOwnNames(claimHosts(all, '-.svc.cluster.local'), dnsDomain)
      if (plans === undefined) return
      adapted += plans.filter(({ domains }) => domains.length > 0).length
      assert.deepEqual(plans, hostPlans(all, dnsDomain))
    }),
  )
  assert.ok(adapted > 0)
})

test('where a bare name is also what somebody else is called, all is decided anew', () => {
  const contended = [member('api.shop.svc.cluster.local', '10.0.0.1', 80), member('api', '10.0.0.2', 80)]
  assert.equal(withOwnNames(claimHosts(contended, '-.svc.cluster.local'), 'shop.svc.cluster.local'), undefined)
  assert.notEqual(withOwnNames(claimHosts(contended, '-.svc.cluster.local'), 'far.svc.cluster.local'), undefined)
})
