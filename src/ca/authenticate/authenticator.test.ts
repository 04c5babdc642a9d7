import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorCode } from '../../platform/error-codes.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { silentLog } from '../../platform/log.ts'
import { parseSpiffeId } from '../../platform/spiffe.ts'
import { prove } from '../certificates/identity-proof.ts'
import { tlsPeer } from '../testing/rig.ts'
import { type Authenticator, authenticate, type Verdict } from './authenticator.ts'

const proof = prove({
  kind: 'workload',
  identity: parseSpiffeId('spiffe://cluster.local/ns/photo/sa/web'),
  evidence: { kind: 'join-token', tokenId: 't' },
  peerAddress: tlsPeer.address,
})
const saying = (verdict: Verdict): Authenticator => ({ name: verdict.kind, authenticate: async () => verdict })
const proves = saying({ kind: 'proved', proof })
const refuses = saying({ kind: 'refused', reason: 'forged' })
const absent = saying({ kind: 'absent' })
const down = saying({ kind: 'unavailable', reason: 'no answer' })

const through = (...authenticators: Authenticator[]) =>
  authenticate(authenticators, { peer: tlsPeer, metadata: {} }, silentLog)

function fails(code: ErrorCode): (thrown: unknown) => boolean {
  return thrown => thrown instanceof MeshwrightError && thrown.code === code
}

test('the first way that proves wins, whatever the ways before it said', async () => {
  assert.equal(await through(absent, refuses, down, proves, refuses), proof)
})

test('a way that cannot be tried now makes the caller come back; wrong credentials alone do not', async () => {
  await assert.rejects(through(absent, down, refuses), fails('CA_CALLER_UNVERIFIABLE'))
  await assert.rejects(through(absent, refuses), fails('CA_UNAUTHENTICATED'))
  await assert.rejects(through(), fails('CA_UNAUTHENTICATED'))
})
