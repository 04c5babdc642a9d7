import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeText } from './text-encoding.ts'
import { readYaml } from './yaml-documents.ts'

const faults = (text: string, file = 'a.yaml'): readonly string[] =>
  readYaml(text, file).problems.map(({ line, column, reason }) => `${line}:${column} ${reason}`)

test('several documents are read, and empty ones are passed over', () => {
  const yaml = readYaml('---\na: 1\n---\n# nothing\n---\nb: 2\n...\n', 'a.yaml')
  assert.deepEqual(yaml.problems, [])
  assert.deepEqual(
    yaml.roots.map(root => yaml.placeOf(root.offset)),
    [
      { line: 2, column: 1 },
      { line: 6, column: 1 },
    ],
  )
})

test('an alias is refused where it stands, before anything is expanded', () => {
  const bomb = `a: &a [x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: [*a, *a]\n`).join('')}`
  assert.deepEqual(faults(bomb), ['2:6 YAML aliases are not accepted'])
})

test('a key that is written twice is refused at the second', () => {
  assert.deepEqual(faults('a:\n  b: 1\n  b: 2\n'), ['3:3 the key is written twice in one mapping'])
})

test('a tab as indentation is refused', () => {
  assert.match(faults('a:\n\tb: 1\n')[0] ?? '', /^2:1 is not YAML/)
})

test('a tag that is not of the core schema is refused', () => {
  assert.match(faults('a: !!binary aGk=\n')[0] ?? '', /^1:4 YAML tag is not accepted/)
  assert.match(faults('a: !exec ls\n')[0] ?? '', /^1:4 YAML tag is not accepted/)
})

test('CVE-2022-24726, -24921, -39278, -41715: nesting is cut at 64 levels in time and stack that do not depend on the depth', () => {
  for (const text of ['['.repeat(1_000_000), '- '.repeat(100_000), 'a: {'.repeat(100_000), '? '.repeat(100_000)]) {
    assert.match(faults(text)[0] ?? '', /^1:\d+ is nested deeper than 64 levels$/)
  }
  assert.deepEqual(faults(`${'['.repeat(60)}${']'.repeat(60)}`), [])
})

test('a truncated document is refused as a whole', () => {
  const yaml = readYaml('a: 1\n---\nb: {c: [1, 2', 'a.yaml')
  assert.equal(yaml.roots.length, 0)
  assert.ok(yaml.problems.length > 0)
})

test('JSON may be indented with tabs', () => {
  assert.deepEqual(faults('{\n\t"a":\t1,\n\t"b": [\n\t\t2\n\t]\n}\n', 'a.json'), [])
})

test('a %YAML directive does not bring back the old booleans', () => {
  const yaml = readYaml('%YAML 1.1\n---\nmode: off\n', 'a.yaml')
  const [root] = yaml.roots
  assert.equal(root?.kind === 'mapping' && root.items[0]?.value.kind === 'scalar' && root.items[0].value.value, 'off')
})

test('bytes that are not UTF-8 are refused with the place of the first', () => {
  assert.deepEqual(decodeText(Buffer.from([0xff, 0xfe, 0x61, 0x00])), {
    kind: 'undecodable',
    reason: 'is UTF-16',
    line: 1,
    column: 1,
  })
  assert.deepEqual(decodeText(Buffer.concat([Buffer.from('a: 1\nb: "ä'), Buffer.from([0xc3, 0x28])])), {
    kind: 'undecodable',
    reason: 'is not UTF-8',
    line: 2,
    column: 6,
  })
  assert.deepEqual(decodeText(Buffer.from('\ufeffa: ä')), { kind: 'text', text: 'a: ä' })
})
