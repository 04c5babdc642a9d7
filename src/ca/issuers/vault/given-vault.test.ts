/**
 * The suite on a real Vault or OpenBao, where one is given: MESHWRIGHT_TEST_VAULT_ADDRESS and MESHWRIGHT_TEST_VAULT_TOKEN
 * (a token that may mount and configure). It makes a mount and an AppRole of its own, and leaves them there.
 */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { standardServerNames } from '../../server-certificate/server-names.ts'
import type { VaultSettings } from '../../settings/issuer.ts'
import { issuerSuite } from '../../testing/issuer-suite.ts'
import { startRig } from '../../testing/rig.ts'
import { settingsFolder } from '../../testing/settings-folder.ts'

const { MESHWRIGHT_TEST_VAULT_ADDRESS: address, MESHWRIGHT_TEST_VAULT_TOKEN: adminToken } = process.env

if (address === undefined || adminToken === undefined) {
  test('issuing by a given Vault', { skip: 'MESHWRIGHT_TEST_VAULT_ADDRESS and _TOKEN are not set' })
} else {
  issuerSuite('a given Vault, by a role and AppRole', () => startOn('role'))
  issuerSuite('a given Vault, verbatim', () => startOn('verbatim'))
}

async function startOn(sign: 'role' | 'verbatim') {
  const mount = `pki-${randomBytes(4).toString('hex')}`
  const approle = `approle-${mount}`
  await configure(mount, approle)
  const roleId = String((await admin('GET', `auth/${approle}/role/meshwright/role-id`)).role_id)
  const secretId = String((await admin('POST', `auth/${approle}/role/meshwright/secret-id`, {})).secret_id)
  const folder = settingsFolder({ 'secret-id': secretId })
  const authentication = {
    kind: 'app-role',
    mount: approle,
    roleId,
    secretIdFile: `${folder.directory}/secret-id`,
  } as const
  const common = { address: address ?? '', mount, authentication }
  const vault: VaultSettings =
    sign === 'role' ? { ...common, role: 'workloads', serverRole: 'servers' } : { ...common, sign }
  const ca = await startRig({ settings: { issuer: { kind: 'vault', vault } } })
  return {
    ca,
    otherNames: sign === 'role' ? ('ignored' as const) : ('refused' as const),
    async close() {
      await ca.close()
      folder.remove()
    },
  }
}

/** What docs/ca.md tells operators to do. */
async function configure(mount: string, approle: string): Promise<void> {
  const limits = { max_lease_ttl: '87600h' }
  await admin('POST', `sys/mounts/${mount}-root`, { type: 'pki', config: limits })
  await admin('POST', `sys/mounts/${mount}`, { type: 'pki', config: limits })
  const root = await admin('POST', `${mount}-root/root/generate/internal`, { common_name: 'mesh root', ttl: '87600h' })
  const { csr } = await admin('POST', `${mount}/intermediate/generate/internal`, { common_name: 'mesh issuing' })
  const signing = { csr, common_name: 'mesh issuing', ttl: '43800h', use_csr_values: false }
  const { certificate } = await admin('POST', `${mount}-root/root/sign-intermediate`, signing)
  await admin('POST', `${mount}/intermediate/set-signed`, {
    certificate: `${String(certificate)}\n${String(root.certificate)}`,
  })
  await admin('POST', `${mount}/roles/workloads`, {
    allowed_uri_sans: 'spiffe://cluster.local/*',
    allow_any_name: false,
    require_cn: false,
    use_csr_common_name: false,
    use_csr_sans: false,
    key_type: 'any',
    max_ttl: '2160h',
  })
  await admin('POST', `${mount}/roles/servers`, {
    allowed_domains: [...standardServerNames, hostname()].join(),
    allow_bare_domains: true,
    allow_localhost: true,
    allow_ip_sans: true,
    enforce_hostnames: false,
    require_cn: false,
    use_csr_common_name: false,
    use_csr_sans: false,
    key_type: 'ec',
    max_ttl: '2160h',
  })
  await admin('POST', `sys/auth/${approle}`, { type: 'approle' })
  const paths = ['sign/workloads', 'sign/servers', 'sign-verbatim']
  const policy = paths.map(path => `path "${mount}/${path}" { capabilities = ["update"] }`).join('\n')
  await admin('POST', `sys/policies/acl/${mount}`, { policy })
  await admin('POST', `auth/${approle}/role/meshwright`, {
    token_policies: mount,
    token_ttl: '1h',
    token_max_ttl: '4h',
  })
}

async function admin(method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(`${address}/v1/${path}`, {
    method,
    headers: { 'x-vault-token': adminToken ?? '' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
  return text === '' ? {} : ((JSON.parse(text) as { data?: Record<string, unknown> }).data ?? {})
}
