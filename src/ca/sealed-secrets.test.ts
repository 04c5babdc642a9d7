import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { MeshwrightError } from '../platform/errors.ts'
import { openSecretSealer, sealingKeyFileName } from './sealed-secrets.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'meshwright-seal-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const isUnreadable = (thrown: unknown): boolean =>
  thrown instanceof MeshwrightError && thrown.code === 'CA_KEY_UNREADABLE'

test('a sealed secret opens again, also after the key was read from its file', () => {
  const sealed = openSecretSealer(directory, 'first-start').seal('root', Buffer.from('private'))
  assert.ok(!sealed.includes('private'))
  assert.equal(openSecretSealer(directory, 'existing').open('root', sealed).toString(), 'private')
})

test('the same secret is never sealed to the same bytes', () => {
  const sealer = openSecretSealer(directory, 'first-start')
  assert.notDeepEqual(sealer.seal('root', Buffer.from('x')), sealer.seal('root', Buffer.from('x')))
})

test('a sealed secret does not open under another name, changed, cut, or with another key', () => {
  const sealer = openSecretSealer(directory, 'first-start')
  const sealed = sealer.seal('root', Buffer.from('private'))
  assert.throws(() => sealer.open('other', sealed), isUnreadable)
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.throws(() => sealer.open('root', changed), isUnreadable, `byte ${at}`)
    assert.throws(() => sealer.open('root', sealed.subarray(0, at)), isUnreadable, `cut at ${at}`)
  }
  writeFileSync(path.join(directory, sealingKeyFileName), Buffer.alloc(32))
  assert.throws(() => openSecretSealer(directory, 'existing').open('root', sealed), isUnreadable)
})

test('the key file belongs to its owner alone, also when somebody opened it to others', () => {
  const file = path.join(directory, sealingKeyFileName)
  openSecretSealer(directory, 'first-start')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(readFileSync(file).length, 32)
  chmodSync(file, 0o644)
  openSecretSealer(directory, 'existing')
  assert.equal(statSync(file).mode & 0o777, 0o600)
})

test('a missing or short key file is an error where something is sealed already', () => {
  assert.throws(() => openSecretSealer(directory, 'existing'), isUnreadable)
  writeFileSync(path.join(directory, sealingKeyFileName), 'short')
  assert.throws(() => openSecretSealer(directory, 'existing'), isUnreadable)
})

test('a first start beside the key of an authority that was here before makes nothing new', () => {
  openSecretSealer(directory, 'first-start')
  const key = readFileSync(path.join(directory, sealingKeyFileName))
  assert.throws(() => openSecretSealer(directory, 'first-start'), { code: 'CA_DATABASE_LOST' })
  assert.deepEqual(readFileSync(path.join(directory, sealingKeyFileName)), key)
})
