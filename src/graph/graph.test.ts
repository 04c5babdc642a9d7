import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Change, createGraph } from './graph.ts'

interface Pod {
  readonly app: string
  readonly ip: string
}

function podsByService() {
  const graph = createGraph()
  const pods = graph.source<Pod>('pods')
  const services = graph.source<{ readonly app: string }>('services')
  const byApp = pods.index('app', pod => [pod.app])
  const endpoints = graph.derive({
    name: 'endpoints',
    from: services,
    reads: { byApp },
    map: (service, _key, reads) =>
      reads.byApp
        .lookup(service.app)
        .map(pod => pod.ip)
        .sort(),
  })
  return { graph, pods, services, endpoints }
}

test('a change recomputes only the rows that read it', () => {
  const { graph, pods, services, endpoints } = podsByService()
  graph.commit(() => {
    for (let i = 0; i < 100; i++) {
      services.put(`s${i}`, { app: `a${i}` })
      pods.put(`p${i}`, { app: `a${i}`, ip: `10.0.0.${i}` })
    }
  })
  const report = graph.commit(() => pods.put('extra', { app: 'a7', ip: '10.1.0.7' }))
  assert.deepEqual([...report.recomputed], [['endpoints', 1]])
  assert.deepEqual(endpoints.get('s7'), ['10.0.0.7', '10.1.0.7'])
})

test('an output equal to the old one stops the wave', () => {
  const { graph, pods, services, endpoints } = podsByService()
  const counted = graph.derive({ name: 'counted', from: endpoints, reads: {}, map: ips => ips.length })
  graph.commit(() => {
    services.put('s', { app: 'a' })
    pods.put('p', { app: 'a', ip: '1' })
  })
  const moved = graph.commit(() => pods.put('p', { app: 'a', ip: '2' }))
  assert.equal(moved.recomputed.get('counted'), 1)
  assert.equal(moved.changed.get('counted'), undefined)
  const nothing = graph.commit(() => pods.put('p', { app: 'a', ip: '2' }))
  assert.deepEqual([nothing.recomputed.size, nothing.changed.size], [0, 0])
  assert.equal(counted.get('s'), 1)
})

test('a join sees both sides of one commit at once and runs once', () => {
  const graph = createGraph()
  const left = graph.source<number>('left')
  const double = graph.derive({ name: 'double', from: left, reads: {}, map: n => n * 2 })
  const seen: string[] = []
  graph.derive({
    name: 'both',
    from: left,
    reads: { double },
    map(n, key, reads) {
      seen.push(`${n}/${reads.double.get(key)}`)
      return n
    },
  })
  graph.commit(() => left.put('k', 1))
  graph.commit(() => left.put('k', 5))
  assert.deepEqual(seen, ['1/2', '5/10'])
})

test('a key that was asked for and absent is a dependency too', () => {
  const graph = createGraph()
  const names = graph.source<string>('names')
  const facts = graph.source<string>('facts')
  const joined = graph.derive({
    name: 'joined',
    from: names,
    reads: { facts },
    map: (name, _key, reads) => reads.facts.get(name) ?? 'none',
  })
  graph.commit(() => names.put('n', 'later'))
  assert.equal(joined.get('n'), 'none')
  graph.commit(() => facts.put('later', 'here'))
  assert.equal(joined.get('n'), 'here')
})

test('a map that throws keeps its last output, is reported, and runs again when its reads change', () => {
  const graph = createGraph()
  const source = graph.source<number>('source')
  const checked = graph.derive({
    name: 'checked',
    from: source,
    reads: {},
    map(n) {
      if (n < 0) throw new Error('negative')
      return n
    },
  })
  graph.commit(() => source.put('k', 1))
  const report = graph.commit(() => source.put('k', -1))
  assert.deepEqual(
    report.failures.map(failure => [failure.collection, failure.key]),
    [['checked', 'k']],
  )
  assert.equal(checked.get('k'), 1)
  graph.commit(() => source.put('k', 2))
  assert.equal(checked.get('k'), 2)
})

test('a source cannot be edited outside a commit, nor a commit begun inside one', () => {
  const graph = createGraph()
  const source = graph.source<number>('source')
  assert.throws(() => source.put('k', 1), /outside a commit/)
  assert.throws(() => graph.commit(() => graph.commit(() => {})), /inside a commit/)
})

test('a sink gets net changes once per commit', () => {
  const graph = createGraph()
  const source = graph.source<number>('source')
  const got: (readonly Change<number>[])[] = []
  const end = source.onCommit(changes => got.push(changes))
  graph.commit(() => {
    source.put('a', 1)
    source.put('a', 2)
    source.put('b', 1)
    source.remove('b')
  })
  end()
  graph.commit(() => source.put('a', 3))
  assert.deepEqual(got, [[{ key: 'a', before: undefined, after: 2 }]])
})

test('an output key may move from one input to another in one commit', () => {
  const graph = createGraph()
  const source = graph.source<readonly string[]>('source')
  const spread = graph.deriveMany({
    name: 'spread',
    from: source,
    reads: {},
    map: (items, key) => items.map(item => [item, key] as const),
  })
  graph.commit(() => source.put('a', ['x']))
  graph.commit(() => {
    source.remove('a')
    source.put('b', ['x'])
  })
  assert.equal(spread.get('x'), 'b')
})

test('an output key may move between two inputs that both stay, and two that claim it are a fault', () => {
  const graph = createGraph()
  const source = graph.source<readonly string[]>('source')
  const spread = graph.deriveMany({
    name: 'spread',
    from: source,
    reads: {},
    map: (items, key) => items.map(item => [item, key] as const),
  })
  graph.commit(() => {
    source.put('b', ['x'])
    source.put('a', ['y'])
  })
  const moved = graph.commit(() => {
    source.put('a', ['x'])
    source.put('b', [])
  })
  assert.deepEqual([moved.failures.length, spread.get('x')], [0, 'a'])
  const taken = graph.commit(() => source.put('b', ['x']))
  assert.deepEqual([taken.failures[0]?.key, spread.get('x')], ['b', 'a'])
})

test('after any edits an incremental graph equals one built from scratch', () => {
  const edit = fc.oneof(
    fc.record({ op: fc.constant('pod' as const), key: fc.nat(5), app: fc.nat(3), ip: fc.nat(9) }),
    fc.record({ op: fc.constant('service' as const), key: fc.nat(5), app: fc.nat(3), ip: fc.nat(9) }),
    fc.record({ op: fc.constant('removePod' as const), key: fc.nat(5), app: fc.nat(3), ip: fc.nat(9) }),
    fc.record({ op: fc.constant('removeService' as const), key: fc.nat(5), app: fc.nat(3), ip: fc.nat(9) }),
  )
  fc.assert(
    fc.property(fc.array(fc.array(edit, { maxLength: 4 }), { maxLength: 12 }), commits => {
      const live = podsByService()
      for (const edits of commits) {
        live.graph.commit(() => {
          for (const { op, key, app, ip } of edits) {
            if (op === 'pod') live.pods.put(`p${key}`, { app: `a${app}`, ip: String(ip) })
            if (op === 'service') live.services.put(`s${key}`, { app: `a${app}` })
            if (op === 'removePod') live.pods.remove(`p${key}`)
            if (op === 'removeService') live.services.remove(`s${key}`)
          }
        })
      }
      const fresh = podsByService()
      fresh.graph.commit(() => {
        for (const [key, pod] of live.pods.entries()) fresh.pods.put(key, pod)
        for (const [key, service] of live.services.entries()) fresh.services.put(key, service)
      })
      assert.deepEqual(new Map([...live.endpoints.entries()].sort()), new Map([...fresh.endpoints.entries()].sort()))
    }),
  )
})

test('a union holds the items of its parts, and the first part wins a key', () => {
  const graph = createGraph()
  const first = graph.source<string>('first')
  const second = graph.source<string>('second')
  graph.commit(() => second.put('a', 'second a'))
  const union = graph.union('union', [first, second])
  assert.deepEqual([...union.entries()], [['a', 'second a']])
  graph.commit(() => {
    first.put('a', 'first a')
    second.put('b', 'second b')
  })
  assert.deepEqual(
    new Map(union.entries()),
    new Map([
      ['a', 'first a'],
      ['b', 'second b'],
    ]),
  )
  graph.commit(() => first.remove('a'))
  assert.equal(union.get('a'), 'second a')
  graph.commit(() => second.remove('a'))
  assert.equal(union.get('a'), undefined)
})

test('there is one row for each term of an index while an item has it', () => {
  const graph = createGraph()
  const pods = graph.source<{ app: string }>('pods')
  const byApp = pods.index('app', pod => [pod.app])
  const apps = graph.terms('apps', byApp)
  const counts = graph.derive({
    name: 'counts',
    from: apps,
    reads: { byApp },
    map: (app, _key, reads) => reads.byApp.lookup(app).length,
  })
  graph.commit(() => {
    pods.put('p1', { app: 'x' })
    pods.put('p2', { app: 'x' })
  })
  assert.deepEqual([...counts.entries()], [['x', 2]])
  graph.commit(() => pods.put('p2', { app: 'y' }))
  assert.deepEqual(
    new Map(counts.entries()),
    new Map([
      ['x', 1],
      ['y', 1],
    ]),
  )
  const report = graph.commit(() => {
    pods.put('p1', { app: 'y' })
    pods.put('p2', { app: 'x' })
  })
  assert.equal(report.changed.get('apps'), undefined)
  graph.commit(() => pods.remove('p2'))
  assert.deepEqual([...counts.entries()], [['y', 1]])
})

test('asking an index for a size is no dependency', () => {
  const graph = createGraph()
  const pods = graph.source<{ app: string }>('pods')
  const byApp = pods.index('app', pod => [pod.app])
  const services = graph.source<string>('services')
  graph.derive({ name: 'sizes', from: services, reads: { byApp }, map: (app, _key, reads) => reads.byApp.size(app) })
  graph.commit(() => services.put('s', 'x'))
  const report = graph.commit(() => pods.put('p', { app: 'x' }))
  assert.equal(report.recomputed.get('sizes'), undefined)
})

test('who asks an index for keys is woken when an item enters or leaves the term, and not when it changes inside', () => {
  const graph = createGraph()
  const pods = graph.source<{ apps: readonly string[]; ip: string }>('pods')
  const byApp = pods.index('app', pod => pod.apps)
  const services = graph.source<string>('services')
  const keys = graph.derive({
    name: 'keys',
    from: services,
    reads: { byApp },
    map: (app, _key, reads) => [...reads.byApp.keysOf(app)].sort(),
  })
  graph.commit(() => {
    services.put('s', 'x')
    pods.put('p', { apps: ['x', 'y'], ip: '1' })
  })
  const inside = graph.commit(() => pods.put('p', { apps: ['y', 'x', 'x'], ip: '2' }))
  assert.equal(inside.recomputed.get('keys'), undefined)
  assert.deepEqual(keys.get('s'), ['p'])
  graph.commit(() => pods.put('q', { apps: ['x'], ip: '3' }))
  assert.deepEqual(keys.get('s'), ['p', 'q'])
  graph.commit(() => pods.put('p', { apps: ['y'], ip: '2' }))
  assert.deepEqual(keys.get('s'), ['q'])
  assert.deepEqual(graph.ancestors({ collection: 'keys', key: 's', limit: 10 }), [
    { collection: 'services', key: 's' },
    { collection: 'pods', key: 'q' },
  ])
})
