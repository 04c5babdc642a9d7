import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeshwrightError } from '../../platform/errors.ts'
import { parseSpiffeId } from '../../platform/spiffe.ts'
import { prove } from '../certificates/identity-proof.ts'
import { type BanSources, createBans } from './bans.ts'
import type { Revocation } from './revocation.ts'

const node = 'spiffe://td/ns/istio-system/sa/ztunnel'
const forWorkload = prove({
  kind: 'workload',
  identity: parseSpiffeId('spiffe://td/ns/photo/sa/web'),
  evidence: { kind: 'node-proxy', node, by: { kind: 'client-certificate', serialNumber: '0A' } },
  peerAddress: '192.0.2.1:1',
})
const revoked = (thrown: unknown) => thrown instanceof MeshwrightError && thrown.code === 'CA_REVOKED'

function bansWith(sources: Partial<BanSources>) {
  return createBans({
    nowMs: () => 0,
    inForce: () => [],
    reasonOf: () => undefined,
    isCompromised: () => false,
    ...sources,
  })
}

test('a node proxy that is banned, or whose certificate is revoked, gets nothing for its workloads either', () => {
  bansWith({}).requireMayHave(forWorkload, 'key')
  const ban: Revocation = {
    id: 1,
    kind: 'identity',
    value: node,
    reason: 'keyCompromise',
    revokedAtMs: 0,
    banUntilMs: undefined,
    liftedAtMs: undefined,
  }
  assert.throws(() => bansWith({ inForce: () => [ban] }).requireMayHave(forWorkload, 'key'), revoked)
  const isRevoked = (serialNumber: string) => (serialNumber === '0A' ? 'keyCompromise' : undefined)
  assert.throws(() => bansWith({ reasonOf: isRevoked }).requireMayHave(forWorkload, 'key'), revoked)
})
