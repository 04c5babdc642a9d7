import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { chosenContext, contextsFile } from './chosen-context.ts'
import { type Contexts, noContexts, readContexts, withContext, withoutContext, writeContexts } from './contexts.ts'

function inFolder(check: (file: string) => void): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'meshwright-contexts-'))
  try {
    check(path.join(folder, 'deeper', 'contexts.yaml'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const prod = { credential: '/secrets/prod.json', namespace: 'shop' }
const two: Contexts = { current: 'prod', contexts: { prod, test: { credential: '/secrets/test.json' } } }

test('contexts are kept in a file that only their owner reads', () => {
  inFolder(file => {
    assert.deepEqual(readContexts(file), noContexts)
    writeContexts(file, two)
    assert.deepEqual(readContexts(file), two)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(path.dirname(file)).mode & 0o777, 0o700)
    assert.doesNotMatch(readFileSync(file, 'utf8'), /token/)
  })
})

test('the first context is in use; without the one in use none is', () => {
  const first = withContext(noContexts, 'prod', prod)
  assert.equal(first.current, 'prod')
  assert.equal(withContext(first, 'test', prod).current, 'prod')
  assert.equal(withoutContext(two, 'prod').current, undefined)
  assert.equal(withoutContext(two, 'test').current, 'prod')
})

test('a name that is no name, and one that nobody added, are refused with what to do', () => {
  assert.throws(() => withContext(noContexts, '../x', prod), { code: 'OPTION_INVALID' })
  for (const name of ['staging', 'constructor', '__proto__'])
    assert.throws(() => withoutContext(two, name), { code: 'CONTEXT_UNKNOWN', remedy: /Known are prod, test/ })
})

test('a file that is no map of contexts is refused with its name and the field', () => {
  inFolder(file => {
    writeContexts(file, two)
    for (const [text, reason] of [
      ['- x', /the file: a map/],
      ['contexts: {prod: {}}', /contexts\.prod\.credential/],
      ['contexts: {prod: {credential: x, namespace: 1}}', /contexts\.prod\.namespace/],
      ['current: [', /contexts\.yaml/],
    ] as const) {
      writeFileSync(file, text)
      assert.throws(() => readContexts(file), { code: 'CONTEXTS_UNREADABLE', message: reason })
    }
  })
})

test('flags win over the environment, and what the environment names over the context in use', () => {
  inFolder(file => {
    writeContexts(file, two)
    const environment = { MESHWRIGHT_CONTEXTS: file }
    const credential = (...given: Parameters<typeof chosenContext>) => chosenContext(...given).credential
    assert.deepEqual(chosenContext({}, environment), prod)
    assert.equal(credential({}, { ...environment, MESHWRIGHT_DATA: '/data' }), '/data/admin-credential.json')
    const named = { ...environment, MESHWRIGHT_DATA: '/data', MESHWRIGHT_CONTEXT: 'test' }
    assert.equal(credential({}, named), '/secrets/test.json')
    assert.equal(credential({ context: 'prod' }, named), '/secrets/prod.json')
    assert.equal(credential({ data: '/other' }, named), '/other/admin-credential.json')
    assert.equal(credential({ credential: '/file.json' }, named), '/file.json')
    assert.throws(() => credential({ context: 'x' }, environment), { code: 'CONTEXT_UNKNOWN' })
  })
})

test('contexts lie in the configuration folder of the user', () => {
  assert.equal(contextsFile({ XDG_CONFIG_HOME: '/home/a/.conf' }), '/home/a/.conf/meshwright/contexts.yaml')
  assert.match(contextsFile({}), /\.config\/meshwright\/contexts\.yaml$/)
})
