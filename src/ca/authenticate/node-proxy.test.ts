import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorCode } from '../../platform/error-codes.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { silentLog } from '../../platform/log.ts'
import { parseSpiffeId, type SpiffeId } from '../../platform/spiffe.ts'
import { prove, requireGenuine } from '../certificates/identity-proof.ts'
import { type NodeAuthorizer, type NodeVerdict, proveRepresented } from './node-proxy.ts'

const web = 'spiffe://cluster.local/ns/photo/sa/web'
const node = prove({
  kind: 'workload',
  identity: parseSpiffeId('spiffe://cluster.local/ns/istio-system/sa/ztunnel'),
  evidence: { kind: 'client-certificate', serialNumber: '0A' },
  peerAddress: '192.0.2.1:1',
})

function authorizer(verdict: () => Promise<NodeVerdict>): NodeAuthorizer & { readonly asked: SpiffeId[] } {
  const asked: SpiffeId[] = []
  return {
    asked,
    mayRepresent(_node, identity) {
      asked.push(identity)
      return verdict()
    },
  }
}

function fails(code: ErrorCode): (thrown: unknown) => boolean {
  return thrown => {
    assert.ok(thrown instanceof MeshwrightError, String(thrown))
    assert.equal(thrown.code, code)
    return true
  }
}
const refused = fails('CA_IMPERSONATION_REFUSED')

test('a node proxy that is permitted gets the proof of its workload, which says who asked', async () => {
  const permits = authorizer(async () => ({ kind: 'permitted' }))
  const proof = await proveRepresented(node, web, { authorizer: permits, log: silentLog })
  requireGenuine(proof)
  assert.equal(proof.identity.uri, web)
  assert.deepEqual(proof.evidence, { kind: 'node-proxy', node: node.identity.uri, by: node.evidence })
})

test('without anybody who permits it, or when it is not permitted, it is refused in words that tell nothing', async () => {
  await assert.rejects(proveRepresented(node, web, { authorizer: undefined, log: silentLog }), refused)
  const refuses = authorizer(async () => ({ kind: 'refused', reason: 'no such pod on the node' }))
  await assert.rejects(proveRepresented(node, web, { authorizer: refuses, log: silentLog }), (thrown: unknown) => {
    assert.ok(thrown instanceof MeshwrightError)
    assert.equal(thrown.message, 'request impersonation authentication failure')
    return refused(thrown)
  })
})

test('what is no identity of this mesh is refused without asking', async () => {
  const permits = authorizer(async () => ({ kind: 'permitted' }))
  for (const asked of ['', 'web', 'spiffe://other.mesh/ns/photo/sa/web', `${web}/`, `${web}\u0000`]) {
    await assert.rejects(proveRepresented(node, asked, { authorizer: permits, log: silentLog }), refused, asked)
  }
  assert.equal(permits.asked.length, 0)
})

test('a platform that does not answer is no refusal: the proxy comes back', async () => {
  const down = authorizer(() => Promise.reject(new Error('connection refused')))
  const outcome = proveRepresented(node, web, { authorizer: down, log: silentLog })
  await assert.rejects(outcome, fails('CA_CALLER_UNVERIFIABLE'))
})
