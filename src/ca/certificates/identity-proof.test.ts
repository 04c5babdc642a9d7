import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { spiffeIdOf } from '../../platform/spiffe.ts'
import { type IdentityProof, prove, requireGenuine } from './identity-proof.ts'

const claim = {
  kind: 'workload',
  identity: spiffeIdOf({ trustDomain: 'td', namespace: 'a', serviceAccount: 'b' }),
  evidence: { kind: 'client-certificate', serialNumber: '01' },
  peerAddress: '192.0.2.1:1',
} as const

test('a proof is genuine, frozen, and cannot be copied or imitated', () => {
  const proof = prove(claim)
  requireGenuine(proof)
  assert.ok(Object.isFrozen(proof))
  assert.throws(() => requireGenuine({ ...proof }), /without a proof/)
  assert.throws(() => requireGenuine(claim as unknown as IdentityProof), /without a proof/)
  assert.throws(() => requireGenuine(Object.create(proof)), /without a proof/)
})

const sourceDirectory = fileURLToPath(new URL('../../', import.meta.url))

/** Files of the program, without tests, that import `name` from a module whose path ends in `module`. */
function importersOf(name: string, module: string): readonly string[] {
  const pattern = new RegExp(`import[^;]*?\\{[^}]*\\b${name}\\b[^}]*\\}\\s*from\\s*'[^']*${module}'`)
  return readdirSync(sourceDirectory, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter(file => pattern.test(readFileSync(`${sourceDirectory}/${file}`, 'utf8')))
    .sort()
}

test('CVE-2025-44005: only authenticators make proofs', () => {
  assert.deepEqual(importersOf('prove', 'identity-proof.ts'), [
    'ca/authenticate/administrator.ts',
    'ca/authenticate/client-certificate.ts',
    'ca/authenticate/forwarded-certificate.ts',
    'ca/authenticate/join-token.ts',
    'ca/authenticate/node-proxy.ts',
    'ca/authenticate/oidc/oidc-token.ts',
    'ca/authenticate/own-server.ts',
  ])
})

test('CVE-2025-44005: only the built-in issuer and the roots reach a private key, and only the gate reaches an issuer', () => {
  assert.deepEqual(importersOf('certificateDer', 'signer.ts'), ['ca/rotation/root-certificate.ts'])
  assert.deepEqual(importersOf('signatureBy', 'signer.ts'), [
    'ca/cryptography/cryptography-task.ts',
    'ca/cryptography/cryptography.ts',
  ])
  assert.deepEqual(importersOf('signedDer', 'signer.ts'), ['ca/issuers/issuer.ts'])
  assert.deepEqual(importersOf('builtInIssuer', 'issuer.ts'), ['ca/issuers/local-mode.ts', 'ca/issuers/signing.ts'])
  assert.deepEqual(importersOf('Issuer', 'issuer.ts'), [
    'ca/certificates/issue.ts',
    'ca/issuers/intermediate/intermediate-mode.ts',
    'ca/issuers/remote/remote-mode.ts',
    'ca/issuers/signing-mode.ts',
    'ca/issuers/signing.ts',
  ])
  assert.deepEqual(importersOf('openSigning', 'signing.ts'), ['ca/authority-parts.ts'])
})
