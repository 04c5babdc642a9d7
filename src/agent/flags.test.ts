import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeshwrightError } from '../platform/errors.ts'
import { requireUsable } from './agent-options.ts'
import { type AgentFlagTexts, agentOptionsFrom } from './flags.ts'

const flags: AgentFlagTexts = {
  server: 'istiod.example:15012',
  serverName: 'istiod.istio-system.svc',
  state: '/var/lib/agent',
  ip: ['127.0.1.1'],
  label: ['app=web', 'note=a=b'],
  interceptionMode: 'NONE',
  statusAddress: '127.0.1.1:15020',
  envoyAdminAddress: '127.0.1.1:15000',
  clusterId: 'Kubernetes',
  network: '',
  xds: 'delta',
  ttl: '24h',
  keyType: 'P-256',
  drain: '5s',
  logLevel: 'info',
}

const refused = (change: Partial<AgentFlagTexts>, reason: RegExp): void =>
  assert.throws(
    () => requireUsable(agentOptionsFrom({ ...flags, ...change })),
    error => error instanceof MeshwrightError && error.code === 'AGENT_OPTION_INVALID' && reason.test(error.message),
  )

test('texts become options, and what is left out in mode NONE is not bound', () => {
  const options = agentOptionsFrom(flags)
  requireUsable(options)
  assert.deepEqual(options.server, { host: 'istiod.example', port: 15012 })
  assert.deepEqual(options.labels, { app: 'web', note: 'a=b' })
  assert.deepEqual([options.certificateTtlMs, options.drainMs], [86_400_000, 5_000])
  assert.equal(options.healthAddress, undefined)
  assert.deepEqual(options.credential, { kind: 'none' })
  const redirected = agentOptionsFrom({ ...flags, interceptionMode: 'REDIRECT', tokenFile: '/token' })
  assert.deepEqual(redirected.healthAddress, { host: '0.0.0.0', port: 15021 })
  assert.deepEqual(redirected.credential, { kind: 'token-file', file: '/token' })
})

test('a flag that cannot be read is named with its value', () => {
  refused({ server: 'nowhere' }, /--server "nowhere"/)
  refused({ statusAddress: 'localhost:15020' }, /--status-address .* localhost is no IP address/)
  refused({ statusAddress: '127.0.0.1:99999' }, /not of the form HOST:PORT/)
  refused({ ip: ['web'] }, /--ip "web"/)
  refused({ label: ['app'] }, /--label "app"/)
  refused({ ttl: '1 day' }, /--ttl/)
  refused({ concurrency: '0' }, /--concurrency/)
  refused({ logLevel: 'loud' }, /--log-level/)
  refused({ token: 'a', tokenFile: 'b' }, /both given/)
})

test('addresses that would be shared or exposed are refused', () => {
  refused({ healthAddress: '0.0.0.0:15021' }, /wildcard, and several agents/)
  refused({ statusAddress: '[::]:15020' }, /wildcard/)
  refused({ interceptionMode: 'REDIRECT', envoyAdminAddress: '0.0.0.0:15000' }, /control over Envoy/)
  refused({ statusAddress: '127.0.1.1:15000' }, /are both 127.0.1.1:15000/)
  refused({ envoyAdminAddress: '127.0.1.1:0' }, /port 0/)
})

test('certificates come from files when that is said, by our flag or by the variable of Istio', () => {
  const directory = (change: Partial<AgentFlagTexts>, environment: Readonly<Record<string, string>>) =>
    agentOptionsFrom({ ...flags, ...change }, environment).certificateDirectory
  assert.equal(directory({}, {}), undefined)
  assert.equal(directory({}, { FILE_MOUNTED_CERTS: 'true' }), '/etc/certs')
  assert.equal(directory({}, { FILE_MOUNTED_CERTS: 'false' }), undefined)
  assert.equal(directory({ fileCertificates: '/run/certs' }, { FILE_MOUNTED_CERTS: 'true' }), '/run/certs')
  refused({ fileCertificates: '/run/certs', token: 'x' }, /both given/)
})
