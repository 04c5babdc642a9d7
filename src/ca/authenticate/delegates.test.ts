import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSpiffeId } from '../../platform/spiffe.ts'
import { prove } from '../certificates/identity-proof.ts'
import { delegateAuthorizer } from './delegates.ts'
import type { NodeVerdict } from './node-proxy.ts'

const idOf = (namespace: string, account: string): string => `spiffe://td/ns/${namespace}/sa/${account}`
const everywhere = idOf('istio-system', 'everywhere')
const photoOnly = idOf('istio-system', 'photo-only')
const authorizer = delegateAuthorizer({
  delegates: [
    { identity: everywhere, namespaces: ['*'] },
    { identity: photoOnly, namespaces: ['photo', 'istio-system'] },
  ],
})

async function verdict(caller: string, asked: string): Promise<NodeVerdict['kind'] | undefined> {
  const evidence = { kind: 'client-certificate', serialNumber: '0A' } as const
  const proof = prove({ kind: 'workload', identity: parseSpiffeId(caller), evidence, peerAddress: '' })
  return (await authorizer?.mayRepresent(proof, parseSpiffeId(asked)))?.kind
}

test('a delegate for all namespaces asks for workloads of any', async () => {
  for (const namespace of ['photo', 'istio-system', 'x-0']) {
    assert.equal(await verdict(everywhere, idOf(namespace, 'web')), 'permitted', namespace)
  }
})

test('a delegate for some namespaces asks for theirs and for no other', async () => {
  assert.equal(await verdict(photoOnly, idOf('photo', 'web')), 'permitted')
  assert.equal(await verdict(photoOnly, idOf('other', 'web')), 'refused')
})

test('no delegate asks for the identity of a delegate, itself included, whatever its namespaces', async () => {
  for (const caller of [everywhere, photoOnly]) {
    for (const asked of [everywhere, photoOnly]) assert.equal(await verdict(caller, asked), 'refused')
  }
})

test('whoever is no delegate asks for nobody; without delegates there is nobody to ask', async () => {
  assert.equal(await verdict(idOf('istio-system', 'other'), idOf('photo', 'web')), 'refused')
  assert.equal(delegateAuthorizer({}), undefined)
  assert.equal(delegateAuthorizer({ delegates: [] }), undefined)
})

test('a delegate whose identity is none is an error of the settings, with its place', () => {
  assert.throws(() => delegateAuthorizer({ delegates: [{ identity: 'everybody', namespaces: ['*'] }] }), {
    code: 'CA_SETTINGS_INVALID',
    message: /callers\.delegates\.0\.identity/,
  })
})
