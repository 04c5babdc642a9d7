import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { stringify } from 'yaml'
import type { TreeNode } from '../tree.ts'
import { readLibraryYaml } from './library-yaml.ts'
import { readSimpleYaml } from './simple-yaml.ts'

/** Where it ends is not compared: the library counts comments and line ends behind it. */
function withoutEnds(node: TreeNode): unknown {
  if (node.kind === 'scalar') return { ...node, style: node.style, source: node.source }
  const { kind, offset } = node
  if (node.kind === 'list') return { kind, offset, items: node.items.map(withoutEnds) }
  return { kind, offset, items: node.items.map(({ key, value }) => [withoutEnds(key), withoutEnds(value)]) }
}

function fromLibrary(text: string): readonly unknown[] | undefined {
  try {
    const { roots, faults } = readLibraryYaml(text)
    return faults.length > 0 ? undefined : roots.map(withoutEnds)
  } catch {
    return undefined
  }
}

/** Whether the text is simple. */
function isSameAsLibrary(text: string): boolean {
  const simple = readSimpleYaml(text)
  if (simple === undefined) return false
  assert.deepEqual(simple.map(withoutEnds), fromLibrary(text), JSON.stringify(text))
  return true
}

const root = path.join(import.meta.dirname, '../../..')
const files = globSync(['{src,test,examples}/**/*.yaml'], { cwd: root })
  .sort()
  .map(file => ({ file, text: readFileSync(path.join(root, file), 'utf8') }))

test('the files of this project are read as the library reads them, and nearly all of them are simple', () => {
  const other = files.filter(({ text }) => !isSameAsLibrary(text)).map(({ file }) => file)
  const sound = other.filter(file => fromLibrary(readFileSync(path.join(root, file), 'utf8')) !== undefined)
  assert.ok(files.length > 50)
  assert.deepEqual(
    sound.filter(file => !/^src\/config\/(?:corpus|testdata)\//.test(file)),
    [],
  )
})

const spellings: readonly [string, string][] = [
  ['a list at the column of its key', 'a:\n- 1\n- b: 2\n  c: 3\nd:\n'],
  ['lists in lists', '- - a\n  - b\n-\n  - c\n-   d: 1\n    e: 2\n'],
  ['empty values', 'a:   # none\nb:\n  c:\n  - \n  -\n'],
  ['plain scalars over lines', 'a: b\n  c\n\n  d # e\nf:\n - g\n   h\n - i:\n     j\n     k\n'],
  ['double quotes', 'a: "b\\n\\u00e4\\x41\\U0001F600\\"\\/"\n"c d": "e\n  f\n\n  g\\\n  h"\n'],
  ['single quotes', "a: 'it''s'\n'b': 'c\n  d\n\n  e '\n"],
  ['literal blocks', 'a: |\n  b\n    c\n\n  d\n\ne: |-\n  f\n\ng: |+\n  h\n\n# i\nj: |\n\n  k\nl: |\nm: 1\n'],
  ['folded blocks', 'a: >\n  b\n  c\n\n  d\n\n\n  e\nf: >-\n  g\nh:\n- >+\n  i\n\n- k\n'],
  ['brackets', 'a: [1, "b", {c: d, "e":f}, [ ] , {}]\ng: {\n  h: i, # j\n  k: [\n    l\n  ]\n}\nm: [n, ]\n'],
  ['JSON', '{\n  "a": {"b": [1, -2.5e3, true, null]},\n  "c": "http://d:1/#e"\n}\n'],
  ['the core schema', 'a: [~, null, Null, nULL, true, FALSE, 1, -1, +1, 01, 1.5, .5, 1., 1e3, 1_000, 1-2, .a]\n'],
  ['the core schema in keys', '1: a\n-1.50: b\ntrue: c\n~: d\n'],
  ['documents', '# a\n---\na: 1\n---\n---\nb: 2\n--- # c\n'],
  ['line ends of Windows', 'a: b\r\nc:\r\n- "d\r\n  e"\r\n- f\r\n  g\r\n'],
  ['colons, hashes and dashes in text', 'a: b:c\n:d: -e\n?f: g#h\n-i: j - k:l\nhttp://m: n\n'],
]

for (const [what, text] of spellings) {
  test(`simple: ${what}`, () => {
    assert.ok(isSameAsLibrary(text))
  })
}

test('whatever is cut from, put into or doubled in a text, both readers agree where the simple one takes it', () => {
  const texts = [
    ...files.map(({ text }) => text).filter(text => text.length < 3000),
    ...spellings.map(([, text]) => text),
  ]
  const pieces = [
    ...' \n\t-:?#&*!|>\'"%@`{}[],~0aé\\\r.+',
    '\n  ',
    '\n- ',
    ': ',
    ' #',
    '---\n',
    '\n\n',
    ' |\n',
    '\u2028',
    '\ufeff',
    'null',
    '\\\n',
  ]
  const mutated = fc
    .tuple(
      fc.constantFrom(...texts),
      fc.array(fc.tuple(fc.nat(), fc.nat(12), fc.constantFrom('', ...pieces)), { minLength: 1, maxLength: 3 }),
    )
    .map(([text, edits]) =>
      edits.reduce((whole, [at, length, insert]) => {
        const start = whole.length === 0 ? 0 : at % whole.length
        return whole.slice(0, start) + insert + whole.slice(start + (length > 6 ? length - 6 : 0))
      }, text),
    )
  let simple = 0
  fc.assert(
    fc.property(mutated, text => {
      if (isSameAsLibrary(text)) simple++
    }),
    { numRuns: 1000 },
  )
  assert.ok(simple > 50, `${simple}`)
})

test('what the library writes of any JSON is simple but for explicit keys, and means the same', () => {
  const text = fc.string({ unit: fc.constantFrom(...'ab \n:#-\'"\\,[]{}|>&*!%@0.~é\t'), maxLength: 12 })
  const { value } = fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { depthSize: 'small' },
      text,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(text, tie('value'), { maxKeys: 3 }),
    ),
  }))
  fc.assert(
    fc.property(fc.dictionary(text, value, { minKeys: 1, maxKeys: 3 }), object => {
      isSameAsLibrary(stringify(object))
      isSameAsLibrary(JSON.stringify(object, undefined, 2))
      isSameAsLibrary(stringify(object, { lineWidth: 20 }))
    }),
    { numRuns: 300 },
  )
})

// What costs the square of their size would not end today.
const blanks = ' '.repeat(1_000_000)
const huge: readonly (readonly [what: string, text: string, expected: unknown])[] = [
  ['spaces within the first line of text in quotes', `a: "b${blanks}c\n  d"\n`, `b${blanks}c d`],
  ['spaces within another line', `a: 'b\n  c${blanks}d\n  e'\n`, `b c${blanks}d e`],
  ['lines that are joined by backslashes', `a: "b${'\\\n  c'.repeat(300_000)}"\n`, `b${'c'.repeat(300_000)}`],
  ['bars and hashes in a file of Windows', `a:\r\n  b${'|#'.repeat(500_000)}`, undefined],
]
for (const [what, text, expected] of huge) {
  test(`a megabyte of ${what} is read once`, () => {
    const [root] = readSimpleYaml(text) ?? []
    const value = root?.kind === 'mapping' ? root.items[0]?.value : undefined
    // Without a difference to show: it would be a megabyte, too.
    assert.ok((value?.kind === 'scalar' ? value.value : undefined) === expected)
  })
}
