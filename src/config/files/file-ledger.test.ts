import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseConfigText } from '../parse.ts'
import { formatProblem, placeOfOrigin } from '../problem.ts'
import { type ConfigChange, FileLedger } from './file-ledger.ts'

const text = (name: string, mode = 'STRICT'): string =>
  `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: ${name}}\nspec: {mtls: {mode: ${mode}}}\n---\n`

function put(ledger: FileLedger, file: string, content: string): readonly string[] {
  ledger.put(file, { kind: 'parsed', parsed: parseConfigText(content, file) })
  return ledger.commit().map(shown)
}

const shown = ({ key, object }: ConfigChange): string =>
  object === undefined ? `-${key}` : `${key} ${JSON.stringify(object.spec)} ${placeOfOrigin(object.origin).file}`

const states = (ledger: FileLedger): readonly string[] =>
  ledger.status().map(({ name, file, state }) => `${name} ${file} ${state}`)

test('changes are sorted, and equal content is none, even when it moves within its file', () => {
  const ledger = new FileLedger()
  assert.deepEqual(put(ledger, 'f', text('b') + text('a')), [
    'default/a {"mtls":{"mode":"STRICT"}} f',
    'default/b {"mtls":{"mode":"STRICT"}} f',
  ])
  assert.deepEqual(put(ledger, 'f', `# moved\n${text('a')}${text('b')}`), [])
  assert.deepEqual(put(ledger, 'f', text('a') + text('b', 'DISABLE')), ['default/b {"mtls":{"mode":"DISABLE"}} f'])
})

test('an object that leaves its file is gone', () => {
  const ledger = new FileLedger()
  put(ledger, 'f', text('a') + text('b'))
  assert.deepEqual(put(ledger, 'f', text('b')), ['-default/a'])
  ledger.put('f', { kind: 'absent' })
  assert.deepEqual(ledger.commit().map(shown), ['-default/b'])
  assert.deepEqual([ledger.status(), ledger.size], [[], 0])
})

test('an object that becomes invalid keeps its last good version, while the others of its file change', () => {
  const ledger = new FileLedger()
  put(ledger, 'f', text('a') + text('b'))
  assert.deepEqual(put(ledger, 'f', text('a', 'NONSENSE') + text('b', 'DISABLE')), [
    'default/b {"mtls":{"mode":"DISABLE"}} f',
  ])
  assert.deepEqual(states(ledger), ['a f last good in force', 'b f in force'])
  assert.equal(ledger.problems().length, 1)
  assert.deepEqual(put(ledger, 'f', text('a', 'DISABLE') + text('b', 'DISABLE')), [
    'default/a {"mtls":{"mode":"DISABLE"}} f',
  ])
  assert.deepEqual(ledger.problems(), [])
})

test('an object that was never valid is not in force', () => {
  const ledger = new FileLedger()
  assert.deepEqual(put(ledger, 'f', text('a', 'NONSENSE')), [])
  assert.deepEqual([states(ledger), ledger.problems().length], [[], 1])
})

test('a file that is no YAML keeps all its objects in force', () => {
  const ledger = new FileLedger()
  put(ledger, 'f', text('a') + text('b'))
  assert.deepEqual(put(ledger, 'f', `${text('a', 'DISABLE')}{`), [])
  assert.deepEqual(states(ledger), ['a f last good in force', 'b f last good in force'])
})

test('a document of which nobody knows which object it is takes no object away', () => {
  const ledger = new FileLedger()
  put(ledger, 'f', text('a') + text('b'))
  assert.deepEqual(put(ledger, 'f', `${text('a')}${text('b').replace('name: b', 'nam: b')}`), [])
  assert.deepEqual(states(ledger), ['a f in force', 'b f last good in force'])
})

test('an object in two files is that of the first by path, and a problem that names both', () => {
  const ledger = new FileLedger()
  put(ledger, 'b.yaml', text('x'))
  assert.deepEqual(put(ledger, 'a.yaml', text('x', 'DISABLE')), ['default/x {"mtls":{"mode":"DISABLE"}} a.yaml'])
  assert.deepEqual(ledger.problems().map(formatProblem), [
    'b.yaml:1:1: PeerAuthentication default/x: is defined already at a.yaml:1:1, which is in force; remove one of the two',
  ])
  assert.deepEqual(states(ledger), ['x a.yaml in force', 'x b.yaml shadowed'])
  assert.deepEqual(put(ledger, 'b.yaml', text('x', 'PERMISSIVE')), [])
  ledger.put('a.yaml', { kind: 'absent' })
  assert.deepEqual(ledger.commit().map(shown), ['default/x {"mtls":{"mode":"PERMISSIVE"}} b.yaml'])
  assert.deepEqual(ledger.problems(), [])
})

test('several files are one batch, and an object that moves between them is one change or none', () => {
  const ledger = new FileLedger()
  put(ledger, 'a', text('x'))
  ledger.put('a', { kind: 'absent' })
  ledger.put('b', { kind: 'parsed', parsed: parseConfigText(text('x'), 'b') })
  assert.deepEqual(ledger.commit(), [])
})

test('after any sequence of edits, what was told adds up to what a fresh reading gives', () => {
  const files = ['a', 'b', 'c']
  const content = fc
    .subarray(['x', 'y', 'z'])
    .chain(names => fc.tuple(...names.map(name => fc.constantFrom(text(name), text(name, 'DISABLE')))))
    .map(parts => parts.join(''))
  const edit = fc.record({ file: fc.constantFrom(...files), content: fc.option(content, { nil: undefined }) })
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 12 }), edits => {
      const ledger = new FileLedger()
      const told = new Map<string, unknown>()
      const last = new Map<string, string>()
      for (const { file, content } of edits) {
        if (content === undefined) last.delete(file)
        else last.set(file, content)
        ledger.put(
          file,
          content === undefined ? { kind: 'absent' } : { kind: 'parsed', parsed: parseConfigText(content, file) },
        )
        for (const { key, object } of ledger.commit()) {
          if (object === undefined) assert.ok(told.delete(key))
          else told.set(key, object.spec)
        }
      }
      const fresh = new FileLedger()
      for (const [file, content] of last) fresh.put(file, { kind: 'parsed', parsed: parseConfigText(content, file) })
      assert.deepEqual(told, new Map(fresh.commit().map(({ key, object }) => [key, object?.spec])))
      assert.deepEqual(ledger.problems(), fresh.problems())
      assert.deepEqual(ledger.status(), fresh.status())
      assert.equal(ledger.size, told.size)
    }),
    { numRuns: 150 },
  )
})
