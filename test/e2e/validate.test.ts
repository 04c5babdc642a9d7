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
  for (const args of [[], ['-f', 'nowhere'], ['-f', 'good', '-o', 'xml'], ['-f', 'good', '--mesh-config', 'nowhere']]) {
    const { status, stderr } = validate(args)
    assert.equal(status, 2, args.join(' '))
    assert.match(stderr, /^error/)
  }
})
