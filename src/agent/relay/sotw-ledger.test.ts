import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../platform/clock.ts'
import { lengthDelimited } from '../../platform/encoded-resource.ts'
import { silentLog } from '../../platform/log.ts'
import { typeUrls } from '../../xds/type-rules.ts'
import { testContent } from '../testing/peers.ts'
import type { HeldResource } from './delta-messages.ts'
import { createLastGood } from './last-good.ts'
import { createSotwLedger } from './sotw-ledger.ts'
import { parseSotwRequest, parseSotwResponse, sotwRequest, sotwResponse } from './sotw-messages.ts'

const { cluster, endpoint } = typeUrls

const newLastGood = () =>
  createLastGood({
    file: '/nonexistent/last-good.bin',
    variant: 'sotw',
    nodeId: 'node-1',
    clock: new FakeClock(),
    log: silentLog,
  })

const resource = (typeUrl: string, name: string, content: string): HeldResource => ({
  name,
  version: '',
  bytes: Buffer.concat([lengthDelimited(1, Buffer.from(typeUrl)), lengthDelimited(2, testContent(name, content))]),
})

const ask = (typeUrl: string, names: readonly string[], version = '', nonce = ''): Buffer =>
  sotwRequest({ typeUrl, version, nonce, names })
const refuse = (request: Buffer): Buffer => Buffer.concat([request, lengthDelimited(6, Buffer.alloc(0))])
const names = (response: Buffer | undefined): string[] =>
  response === undefined ? [] : parseSotwResponse(response).resources.map(({ name }) => name)

test('a new stream to the daemon begins with the list of each type, the version accepted, and no nonce', () => {
  const ledger = createSotwLedger(newLastGood())
  ledger.replay()
  assert.ok(ledger.request(ask(cluster, [])).forward)
  ledger.request(ask(endpoint, ['a', 'b']))
  ledger.response(sotwResponse({ typeUrl: cluster, version: '7', nonce: 'n1' }, [resource(cluster, 'a', '1')]))
  assert.ok(ledger.request(ask(cluster, [], '7', 'n1')).forward)
  ledger.response(sotwResponse({ typeUrl: cluster, version: '8', nonce: 'n2' }, [resource(cluster, 'a', '2')]))
  const refusal = refuse(ask(cluster, [], '7', 'n2'))
  assert.deepEqual(ledger.request(refusal), { typeUrl: cluster, node: undefined, isRefusal: true, forward: refusal })
  const replayed = ledger.replay().map(parseSotwRequest)
  assert.deepEqual(
    replayed.map(({ typeUrl, version, nonce, names: list }) => ({ typeUrl, version, nonce, list })),
    [
      { typeUrl: cluster, version: '7', nonce: '', list: [] },
      { typeUrl: endpoint, version: '', nonce: '', list: ['a', 'b'] },
    ],
  )
})

test('an answer to the daemon before is not passed on, but a list that it changes is', () => {
  const ledger = createSotwLedger(newLastGood())
  ledger.replay()
  ledger.request(ask(endpoint, ['a']))
  ledger.response(sotwResponse({ typeUrl: endpoint, version: '1', nonce: 'n1' }, []))
  ledger.replay()
  assert.equal(ledger.request(ask(endpoint, ['a'], '1', 'n1')).forward, undefined)
  const { forward } = ledger.request(ask(endpoint, ['a', 'b'], '1', 'n1'))
  assert.ok(forward !== undefined)
  const { nonce, names: list } = parseSotwRequest(forward)
  assert.deepEqual({ nonce, list }, { nonce: '', list: ['a', 'b'] })
})

test('a changed list never acknowledges a response that Envoy has not answered', () => {
  const ledger = createSotwLedger(newLastGood())
  ledger.replay()
  ledger.request(ask(endpoint, ['a']))
  ledger.response(sotwResponse({ typeUrl: endpoint, version: '1', nonce: 'old' }, []))
  ledger.replay()
  ledger.response(sotwResponse({ typeUrl: endpoint, version: '2', nonce: 'new' }, []))
  // Envoy answers in order: first the response of the daemon before, with a longer list.
  assert.equal(ledger.request(ask(endpoint, ['a', 'b'], '1', 'old')).forward, undefined)
  const answer = ask(endpoint, ['a', 'b'], '2', 'new')
  assert.equal(ledger.request(answer).forward, answer)
})

test('offline, a wildcard gets all that was accepted and a list what it names, each once', () => {
  const lastGood = newLastGood()
  const before = createSotwLedger(lastGood)
  before.replay()
  before.request(ask(cluster, []))
  before.request(ask(endpoint, ['a', 'b']))
  const clusters = ['a', 'b', 'c'].map(name => resource(cluster, name, '1'))
  before.response(sotwResponse({ typeUrl: cluster, version: '1', nonce: 'n1' }, clusters))
  before.request(ask(cluster, [], '1', 'n1'))
  before.response(sotwResponse({ typeUrl: cluster, version: '2', nonce: 'n2' }, clusters.slice(0, 2)))
  before.request(ask(cluster, [], '2', 'n2'))
  const endpoints = ['a', 'b'].map(name => resource(endpoint, name, '1'))
  before.response(sotwResponse({ typeUrl: endpoint, version: '1', nonce: 'n3' }, endpoints))
  before.request(ask(endpoint, ['a', 'b'], '1', 'n3'))

  const after = createSotwLedger(lastGood)
  after.replay()
  after.request(ask(cluster, []))
  // The cluster that the last whole state left out is gone.
  const [response] = after.offline()
  assert.deepEqual(names(response), ['a', 'b'])
  assert.deepEqual(after.offline(), [])
  const { version, nonce } = parseSotwResponse(response ?? Buffer.alloc(0))
  assert.equal(after.request(ask(cluster, [], version, nonce)).forward, undefined)
  assert.equal(after.hasAccepted(cluster), true)
  after.request(ask(endpoint, ['b']))
  assert.deepEqual(names(after.offline()[0]), ['b'])
  // The agent's own version is not told to a daemon.
  assert.equal(parseSotwRequest(after.replay()[0] ?? Buffer.alloc(0)).version, '')
})
