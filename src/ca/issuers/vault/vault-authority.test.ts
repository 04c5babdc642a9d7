import assert from 'node:assert/strict'
import { test } from 'node:test'
import { showsRoots } from './vault-authority.ts'

test('GO-2026-6010: roots that a Vault shows in clear text over a network are not trusted', () => {
  for (const address of [
    'https://vault.example:8200',
    'http://127.0.0.1:8200',
    'http://localhost:8200',
    'http://[::1]:8200',
  ])
    assert.equal(showsRoots(address), true, address)
  for (const address of [
    'http://vault.example:8200',
    'http://10.0.0.7',
    'http://127.evil.example',
    'http://localhost.evil.example',
  ])
    assert.equal(showsRoots(address), false, address)
})
