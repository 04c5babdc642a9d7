import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readConfigBytes } from './files/config-file.ts'

const folder = new URL('testdata/yaml/', import.meta.url)

interface Expected {
  readonly objects: number
  /** `line:column field reason`. */
  readonly problems: readonly string[]
}

/** By the name of the file, without `.yaml`. A fault of YAML takes the whole file out of force, one of an object that object alone. */
const expected: Readonly<Record<string, Expected>> = {
  'alias-bomb': { objects: 0, problems: ['2:14 YAML aliases are not accepted'] },
  'alias-to-itself-inside': { objects: 0, problems: ['7:10 YAML aliases are not accepted'] },
  'byte-order-mark-inside': { objects: 1, problems: ['9:1 has no apiVersion'] },
  'byte-order-mark': { objects: 1, problems: [] },
  'colon-in-text': { objects: 0, problems: ['6:11 is not YAML: Nested mappings are not allowed in compact mappings'] },
  'deep-blocks': { objects: 0, problems: ['68:128 is nested deeper than 64 levels'] },
  'deep-brackets': { objects: 0, problems: ['5:70 is nested deeper than 64 levels'] },
  directive: { objects: 1, problems: [] },
  'duplicate-key-in-brackets': { objects: 0, problems: ['5:45 the key is written twice in one mapping'] },
  'duplicate-key-windows': { objects: 0, problems: ['8:3 the key is written twice in one mapping'] },
  'duplicate-key': { objects: 0, problems: ['8:3 the key is written twice in one mapping'] },
  'error-in-the-second-document': {
    objects: 0,
    problems: ['15:3 is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  },
  'half-indented': { objects: 0, problems: ['7:1 is not YAML: All mapping items must start at the same column'] },
  'latin-1': { objects: 0, problems: ['6:12 is not UTF-8'] },
  'line-ends-of-old-macs': {
    objects: 0,
    problems: [
      '1:13 is not YAML: Nested mappings are not allowed in compact mappings',
      '1:42 is not YAML: Nested mappings are not allowed in compact mappings',
      '1:64 is not YAML: Nested mappings are not allowed in compact mappings',
      '1:73 is not YAML: Nested mappings are not allowed in compact mappings',
      '1:80 is not YAML: Nested mappings are not allowed in compact mappings',
      '1:101 is not YAML: Unexpected scalar at node end',
    ],
  },
  'line-ends-of-windows': { objects: 1, problems: [] },
  'merge-key': { objects: 0, problems: ['6:3 spec.<< is not a known field'] },
  'misspelt-in-the-second-document': { objects: 2, problems: ['15:3 spec.resolutoin is not a known field'] },
  'nul-as-key': { objects: 0, problems: ['8:1 \u0000 is not a known field'] },
  nul: { objects: 0, problems: ['6:11 spec.hosts[0] holds a NUL or a broken character'] },
  'tab-after-spaces': { objects: 0, problems: ['7:3 is not YAML: Tabs are not allowed as indentation'] },
  'tab-indentation': { objects: 0, problems: ['6:1 is not YAML: Tabs are not allowed as indentation'] },
  tag: { objects: 0, problems: ['6:10 YAML tag is not accepted'] },
  'unclosed-quote': {
    objects: 0,
    problems: [
      '8:1 is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
      '8:1 is not YAML: Missing closing "quote',
    ],
  },
  'utf-16-big': { objects: 0, problems: ['1:1 is UTF-16'] },
  'utf-16-little': { objects: 0, problems: ['1:1 is UTF-16'] },
}

function outcomeOf(name: string): Expected {
  const { content } = readConfigBytes(readFileSync(new URL(`${name}.yaml`, folder)), name)
  if (content.kind === 'absent') throw new Error(`${name} is not there`)
  const problems = content.kind === 'parsed' ? content.parsed.problems : [content.problem]
  return {
    objects: content.kind === 'parsed' ? content.parsed.objects.length : 0,
    problems: problems.map(({ line, column, field, reason }) =>
      [`${line}:${column}`, field, reason].filter(part => part !== undefined).join(' '),
    ),
  }
}

for (const [name, outcome] of Object.entries(expected)) {
  test(`${name}: what is taken, and the place of what is not`, () => assert.deepEqual(outcomeOf(name), outcome))
}

test('every file has an expectation', () => {
  const names = readdirSync(folder).map(file => file.replace(/\.yaml$/, ''))
  assert.deepEqual(names.sort(), Object.keys(expected).sort())
})
