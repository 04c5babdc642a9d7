/** What every `CaStore` must do, run on each implementation. */

import assert from 'node:assert/strict'
import { afterEach, beforeEach, suite, test } from 'node:test'
import type { CaStore, Issuance } from '../store/store.ts'

export interface StoreRig {
  readonly store: CaStore
  /** The same data, opened again. */
  reopen(): Promise<CaStore>
  close(): Promise<void>
}

const issuance: Issuance = {
  serialNumber: '40',
  identity: 'spiffe://td/ns/a/sa/b',
  issuedAtMs: 1_800_000_000_000,
  notAfterMs: 1_800_000_001_000,
  keyFingerprint: 'ab',
  digest: 'd1',
  issuerFingerprint: 'f1',
  evidence: 'join-token',
  evidenceDetail: 'token',
  peerAddress: '192.0.2.1:1',
}
const token = { id: 'token', hash: 'cd', identity: 'spiffe://td/ns/a/sa/b', expiresAtMs: 2000, uses: 2 }
const binding = { tokenId: 'token', keyFingerprint: 'ab' }
const root = (fingerprint: string) => ({
  fingerprint,
  certificatePem: `PEM of ${fingerprint}`,
  sealedKey: Buffer.from([0, 1, 255]),
  addedAtMs: 5,
})

export function storeSuite(name: string, start: () => Promise<StoreRig>): void {
  suite(`the authority's store in ${name}`, () => {
    let rig: StoreRig
    beforeEach(async () => {
      rig = await start()
    })
    afterEach(() => rig.close())

    test('is empty at first', () => {
      assert.deepEqual(rig.store.roots(), [])
      assert.equal(rig.store.secret('x'), undefined)
      assert.equal(rig.store.joinToken('x'), undefined)
      assert.deepEqual(rig.store.issuances(10), [])
    })

    test('keeps roots in the order in which they came, also when opened again', async () => {
      await rig.store.addRoot(root('b'))
      await rig.store.addRoot(root('a'))
      assert.deepEqual(rig.store.roots(), [root('b'), root('a')])
      assert.deepEqual((await rig.reopen()).roots(), [root('b'), root('a')])
    })

    test('keeps a secret and never puts another in its place', async () => {
      await rig.store.addSecret('x', Buffer.from('first'))
      await assert.rejects(rig.store.addSecret('x', Buffer.from('second')), { code: 'DATABASE_WRITE_FAILED' })
      assert.deepEqual((await rig.reopen()).secret('x'), Buffer.from('first'))
    })

    test('binds a key to a token together with the issuance, once however often it comes', async () => {
      await rig.store.addJoinToken(token, 0)
      await rig.store.recordIssuance(issuance, binding)
      await rig.store.recordIssuance({ ...issuance, serialNumber: '41' }, binding)
      assert.deepEqual(rig.store.joinToken('token'), { ...token, keys: ['ab'] })
      const serialNumbers = (await rig.reopen()).issuances(10).map(entry => entry.serialNumber)
      assert.deepEqual(serialNumbers, ['41', '40'])
    })

    test('binds nothing when the issuance cannot be recorded, and records nothing for an unknown token', async () => {
      await rig.store.addJoinToken(token, 0)
      await rig.store.recordIssuance(issuance, undefined)
      await assert.rejects(rig.store.recordIssuance(issuance, binding), 'a serial number comes once')
      assert.deepEqual(rig.store.joinToken('token')?.keys, [])
      const unknown = { tokenId: 'unknown', keyFingerprint: 'ab' }
      await assert.rejects(rig.store.recordIssuance({ ...issuance, serialNumber: '42' }, unknown))
      assert.deepEqual(rig.store.issuances(10), [issuance])
    })

    test('gives the latest issuances first and no more than asked for', async () => {
      for (const serialNumber of ['1', '2', '3'])
        await rig.store.recordIssuance({ ...issuance, serialNumber }, undefined)
      assert.deepEqual(
        rig.store.issuances(2).map(entry => entry.serialNumber),
        ['3', '2'],
      )
    })

    test('forgets tokens that expired before the time given', async () => {
      await rig.store.addJoinToken(token, 0)
      await rig.store.addJoinToken({ ...token, id: 'second' }, 2000)
      assert.ok(rig.store.joinToken('token') !== undefined)
      await rig.store.addJoinToken({ ...token, id: 'third', expiresAtMs: 9000 }, 2001)
      assert.equal(rig.store.joinToken('token'), undefined)
      assert.ok(rig.store.joinToken('third') !== undefined)
    })
  })
}
