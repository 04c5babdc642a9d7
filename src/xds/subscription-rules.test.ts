import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { applyDelta, applySotw, type SubscriptionState, type SubscriptionStep } from './subscription-rules.ts'
import { typeRule, typeUrls } from './type-rules.ts'

const clusters = typeRule(typeUrls.cluster)
const endpoints = typeRule(typeUrls.endpoint)
const hosts = typeRule(typeUrls.virtualHost)

/** `* a b`, and what must be answered. */
function show({ state, answer, resendAll }: SubscriptionStep): string {
  const wanted = [...(state.wildcard ? ['*'] : []), ...[...state.names].sort()].join(' ')
  const answered = answer.length > 0 ? ` answers ${[...answer].sort().join(' ')}` : ''
  return `${wanted}${answered}${resendAll ? ' resends all' : ''}`
}

function delta(
  before: SubscriptionState | undefined,
  subscribe: readonly string[],
  unsubscribe: readonly string[] = [],
): SubscriptionStep {
  return applyDelta(before, { subscribe, unsubscribe }, clusters)
}

suite('delta', () => {
  test('an empty first request is the wildcard for clusters, nothing for endpoints, the routes for virtual hosts', () => {
    const empty = { subscribe: [], unsubscribe: [] }
    assert.equal(show(applyDelta(undefined, empty, clusters)), '*')
    assert.equal(show(applyDelta(undefined, empty, endpoints)), '')
    assert.equal(applyDelta(undefined, empty, hosts).state.followsRoutes, true)
  })

  test('a later empty request, which is an ACK, changes nothing', () => {
    const { state } = delta(undefined, [])
    assert.equal(delta(state, []).state, state)
  })

  test('a name after the legacy wildcard is added to it', () => {
    const { state } = delta(undefined, [])
    assert.equal(show(delta(state, ['a'])), '* a answers a')
  })

  test('a first request with names is no wildcard', () => {
    assert.equal(show(delta(undefined, ['a', 'b'])), 'a b')
    assert.equal(show(delta(undefined, ['a', '*'])), '* a')
  })

  test('after the last name is unsubscribed the legacy wildcard does not come back', () => {
    const { state } = delta(undefined, ['a'])
    const none = delta(state, [], ['a'])
    assert.equal(show(none), '')
    assert.equal(show(delta(none.state, [])), '')
  })

  test('unsubscribing the wildcard keeps the names', () => {
    const { state } = delta(undefined, ['*', 'a'])
    assert.equal(show(delta(state, [], ['*'])), 'a')
  })

  test('unsubscribing a name under the wildcard must be answered; without the wildcard it must not', () => {
    const { state } = delta(undefined, ['*', 'a'])
    assert.equal(show(delta(state, [], ['a'])), '* answers a')
    assert.equal(show(delta(delta(undefined, ['a', 'b']).state, [], ['a'])), 'b')
  })

  test('a phantom unsubscription is ignored', () => {
    const { state } = delta(undefined, ['*'])
    assert.equal(show(delta(state, [], ['never'])), '*')
  })

  test('what is subscribed again is sent again', () => {
    const { state } = delta(undefined, ['*', 'a'])
    assert.equal(show(delta(state, ['a'])), '* a answers a')
    assert.equal(show(delta(state, ['*'])), '* a resends all')
  })

  test('a name that is subscribed and unsubscribed in one request is not subscribed', () => {
    const { state } = delta(undefined, ['a'])
    assert.equal(show(delta(state, ['b'], ['b'])), 'a')
  })
})

suite('state of the world', () => {
  test('goes through the example of the protocol: nothing, * and A, A, nothing', () => {
    const first = applySotw(undefined, [], clusters)
    assert.equal(show(first), '*')
    const second = applySotw(first.state, ['*', 'A'], clusters)
    assert.equal(show(second), '* A answers A')
    const third = applySotw(second.state, ['A'], clusters)
    assert.equal(show(third), 'A')
    assert.equal(show(applySotw(third.state, [], clusters)), '')
  })

  test('an empty list stays the wildcard while nothing was ever named', () => {
    const { state } = applySotw(undefined, [], clusters)
    assert.equal(applySotw(state, [], clusters).state, state)
  })

  test('an empty list means nothing for endpoints', () => {
    assert.equal(show(applySotw(undefined, [], endpoints)), '')
  })

  test('a repeated list, in any order, is no change', () => {
    const { state } = applySotw(undefined, ['a', 'b'], endpoints)
    assert.equal(applySotw(state, ['b', 'a'], endpoints).state, state)
    assert.equal(show(applySotw(state, ['a', 'a'], endpoints)), 'a')
  })

  test('only new names are answered', () => {
    const { state } = applySotw(undefined, ['a', 'b'], endpoints)
    assert.equal(show(applySotw(state, ['b', 'c'], endpoints)), 'b c answers c')
  })
})
