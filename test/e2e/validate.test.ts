/** `meshwright validate` as a user of a shell or of CI sees it. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const base = mkdtempSync(path.join(tmpdir(), 'validate-'))
after(() => rmSync(base, { recursive: true, force: true }))

const command = fileURLToPath(new URL('../../bin/meshwright.cjs', import.meta.url))

const validate = (args: readonly string[], input = '') =>
  spawnSync(process.execPath, [command, 'validate', ...args], { cwd: base, input, encoding: 'utf8' })

const file = (name: string, text: string): string => {
  mkdirSync(path.dirname(path.join(base, name)), { recursive: true })
  writeFileSync(path.join(base, name), text)
  return name
}

const sound = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n'
const broken =
  'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: a, namespace: shop}\nspec: {mtls: {mode: HARD}}\n'
const doubtful =
  'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: b, namespace: shop}\nspec: {selector: {}, mtls: {mode: STRICT}}\n'

test('what is accepted ends with 0 and says what was looked at', () => {
  file('good/shop.yaml', sound)
  const { status, stdout, stderr } = validate(['-f', 'good'])
  assert.deepEqual([status, stdout, stderr], [0, '1 object accepted, in 1 file: 0 errors, 0 warnings\n', ''])
})

test('what is refused ends with 1, a line a problem, in every file and folder named', () => {
  file('bad/a.yaml', broken)
  const { status, stdout } = validate(['-f', 'good', 'bad', '-f', '-'], 'kind: Pod\n')
  assert.equal(status, 1)
  assert.match(
    stdout,
    /^bad\/a\.yaml:4:21: error: PeerAuthentication shop\/a: spec\.mtls\.mode: "HARD" is not .*; use one of/m,
  )
  assert.match(stdout, /^stdin:1:1: error: has no apiVersion; /m)
  assert.match(stdout, /^1 object accepted, in 3 files: 2 errors, 0 warnings$/m)
})

test('warnings refuse only when asked to', () => {
  file('doubtful.yaml', doubtful)
  assert.equal(validate(['-f', 'doubtful.yaml']).status, 0)
  assert.equal(validate(['-f', 'doubtful.yaml', '--strict']).status, 1)
})

test('mesh settings are checked, too', () => {
  file('mesh.yaml', 'trustDomain: a b\n')
  const { status, stdout } = validate(['-f', 'good', '--mesh-config', 'mesh.yaml'])
  assert.equal(status, 1)
  assert.match(stdout, /^mesh\.yaml:1:14: error: trustDomain: /m)
})

test('files of settings are recognised when they are named, and need no objects beside them', () => {
  file('settings.yaml', 'connectTimout: 1s\nextensionProviders: [{name: a, zipkin: {service: b.c}}]\n')
  file('networks.yaml', 'networks: {a: {endpoints: [{fromCidr: 10.0.0.0/99}]}}\n')
  const both = validate(['-f', 'settings.yaml', 'networks.yaml'])
  assert.equal(both.status, 1)
  assert.match(both.stdout, /^settings\.yaml:1:1: warning: connectTimout: .*; did you mean connectTimeout\?$/m)
  assert.match(both.stdout, /^settings\.yaml:2:32: warning: extensionProviders\[0\]\.zipkin\.port: 0 is not a port/m)
  assert.match(both.stdout, /^networks\.yaml:1:39: error: networks\.a\.endpoints\[0\]\.fromCidr: /m)
  assert.match(both.stdout, /^0 objects accepted, in 2 files: 1 error, 3 warnings$/m)
  assert.equal(validate(['--mesh-networks', 'networks.yaml']).status, 1)
  assert.equal(validate(['--mesh-config', 'settings.yaml']).status, 0)
  assert.equal(validate(['--mesh-config', 'settings.yaml', '--strict']).status, 1)
  assert.match(validate(['-f', '-'], 'trustDomain: a b\n').stdout, /^stdin:1:14: error: trustDomain: /m)
})

test('providers that policies name are those of the settings', () => {
  file(
    'custom.yaml',
    'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a, namespace: shop}\nspec:\n  action: CUSTOM\n  provider: {name: authz}\n  rules: [{}]\n',
  )
  file(
    'authz.yaml',
    'extensionProviders: [{name: authz, envoyExtAuthzGrpc: {service: authz.shop.svc.cluster.local, port: 80}}]\n',
  )
  const missing = validate(['-f', 'custom.yaml'])
  assert.match(
    missing.stdout,
    /^custom\.yaml:6:20: warning: .* spec\.provider\.name: the mesh settings have no provider authz; add it .* \[PROVIDER_NOT_FOUND\]$/m,
  )
  assert.doesNotMatch(validate(['-f', 'custom.yaml', 'authz.yaml']).stdout, /PROVIDER_NOT_FOUND/)
})

test("Istio's own ConfigMap is checked as files of settings are", () => {
  const configMap = (mesh: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: |-\n    ${mesh}\n  meshNetworks: 'networks: {}'\n`
  const { status, stdout } = validate(['-f', '-'], configMap('rootNamespace: A'))
  assert.equal(status, 1)
  assert.match(
    stdout,
    /error: ConfigMap istio-system\/istio: data\.mesh: line 1, column 16 of the text: rootNamespace: /,
  )
  assert.equal(validate(['-f', '-'], configMap('rootNamespace: a')).status, 0)
})

test('JSON holds the same problems with their fields', () => {
  const { status, stdout } = validate(['-f', 'bad/a.yaml', '-o', 'json'])
  const report = JSON.parse(stdout)
  assert.deepEqual(
    [status, report.verdict, report.errors, report.problems[0].field],
    [1, 'refused', 1, 'spec.mtls.mode'],
  )
  assert.deepEqual([report.problems[0].file, report.problems[0].line, report.problems[0].column], ['bad/a.yaml', 4, 21])
})

test('a command that cannot be understood ends with 2', () => {
  for (const args of [
    [],
    ['--mesh-networks', 'nowhere'],
    ['-f', 'nowhere'],
    ['-f', 'good', '-o', 'xml'],
    ['-f', 'good', '--mesh-config', 'nowhere'],
  ]) {
    const { status, stderr } = validate(args)
    assert.equal(status, 2, args.join(' '))
    assert.match(stderr, /^error/)
  }
})
