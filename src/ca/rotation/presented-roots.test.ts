import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crossCertificates, presentedRoots } from './presented-roots.ts'
import type { RetiredRoot, Rotation } from './rotation-records.ts'

const root = (name: string) => ({ fingerprint: name, pem: `<${name}>` })
const retired = (name: string, successor: string, untilMs: number): RetiredRoot => ({
  fingerprint: name,
  certificatePem: `<${name}>`,
  crossCertificatePem: successor === '' ? '' : `<${successor} by ${name}>`,
  untilMs,
})
const rotation = (step: Rotation['step'], direction: Rotation['direction'] = 'forward'): Rotation => ({
  id: 1,
  step,
  direction,
  fromRoot: direction === 'forward' ? 'old' : 'new',
  toRoot: direction === 'forward' ? 'new' : 'old',
  crossCertificatePem: '<new by old>',
  windowMs: 0,
  startedAtMs: 0,
  stepAtMs: 0,
  generation: 2,
  lastIssuance: 0,
})
const none = { rotation: undefined, retired: [], nowMs: 10 }

test('without a rotation the root alone is presented', () => {
  assert.deepEqual(presentedRoots({ ...none, trusted: [root('a')], signing: 'a' }), ['<a>'])
})

test('as long as the old root signs nobody needs the way from new to old', () => {
  const given = { ...none, trusted: [root('old'), root('new')], signing: 'old', rotation: rotation('prepared') }
  assert.deepEqual(presentedRoots(given), ['<new>', '<old>'])
})

test('from the switch on, the new key signed by the old root comes first, then the old root', () => {
  const given = { ...none, trusted: [root('old'), root('new')], signing: 'new', rotation: rotation('switched') }
  assert.deepEqual(presentedRoots(given), ['<new by old>', '<old>', '<new>'])
  assert.deepEqual(crossCertificates(given), ['<new by old>'])
})

test('on the way back the old root signs, and it is presented last', () => {
  const back = rotation('switched', 'back')
  const given = { ...none, trusted: [root('old'), root('new')], signing: 'old', rotation: back }
  assert.deepEqual(presentedRoots(given), ['<new>', '<old>'])
})

test('a dropped root is presented as long as a token may pin it, over the roots between', () => {
  const given = { ...none, trusted: [root('c')], signing: 'c', rotation: rotation('done') }
  assert.deepEqual(presentedRoots({ ...given, retired: [retired('b', 'c', 20)] }), ['<c by b>', '<b>', '<c>'])
  assert.deepEqual(presentedRoots({ ...given, retired: [retired('b', 'c', 10)] }), ['<c>'])
  assert.deepEqual(presentedRoots({ ...given, retired: [retired('b', 'c', 5), retired('a', 'b', 20)] }), [
    '<c by b>',
    '<b by a>',
    '<a>',
    '<c>',
  ])
})

test('both certificates of a root that was renewed with its key are presented', () => {
  const given = { ...none, trusted: [root('renewed')], signing: 'renewed' }
  assert.deepEqual(presentedRoots({ ...given, retired: [retired('first', '', 20)] }), ['<first>', '<renewed>'])
})
