import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerIdentity } from '../../platform/rpc.ts'
import { parseSpiffeId } from '../../platform/spiffe.ts'
import type { WorkloadEvidence, WorkloadProof } from '../certificates/identity-proof.ts'
import { probableUrgency, urgencyOf } from './urgency.ts'

const identity = parseSpiffeId('spiffe://td/ns/a/sa/b')
// Only its evidence is looked at here.
const proofBy = (evidence: WorkloadEvidence) =>
  ({ kind: 'workload', identity, evidence, peerAddress: '192.0.2.1:1' }) as unknown as WorkloadProof
const peer: PeerIdentity = {
  transport: 'tls',
  address: '192.0.2.1:1',
  certificate: { uris: [identity.uri], serialNumber: '0A', notBeforeMs: 0, notAfterMs: 1000, raw: Buffer.alloc(0) },
}

test('a renewal can wait while its certificate has more than half its life', () => {
  const renewal = proofBy({ kind: 'client-certificate', serialNumber: '0A' })
  assert.equal(urgencyOf(renewal, peer, 499), 'patient')
  assert.equal(urgencyOf(renewal, peer, 500), 'now')
})

test('a first certificate cannot wait, whatever certificate the connection has', () => {
  assert.equal(urgencyOf(proofBy({ kind: 'join-token', tokenId: 't' }), peer, 0), 'now')
  assert.equal(urgencyOf(proofBy({ kind: 'oidc-token', issuer: 'i', subject: 's' }), peer, 0), 'now')
})

test('before a request is read its certificate says whether it can wait, unless it shows something else too', () => {
  assert.equal(probableUrgency({ peer, metadata: {} }, 499), 'patient')
  assert.equal(probableUrgency({ peer, metadata: {} }, 500), 'now')
  assert.equal(probableUrgency({ peer, metadata: { authorization: 'Bearer t' } }, 0), 'now')
  assert.equal(probableUrgency({ peer: { transport: 'tls', address: peer.address }, metadata: {} }, 0), 'now')
})
