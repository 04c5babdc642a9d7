import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { blockCounter } from '../platform/testing/executed-blocks.ts'
import { growable, grownAt, type Json, type Path, valueAt } from './kinds/testing/grown-objects.ts'
import { kubernetesRuleTables } from './kinds/testing/kubernetes-rule-tables.ts'
import { objectText } from './kinds/testing/rule-cases.ts'
import { ruleTables } from './kinds/testing/rule-tables.ts'
import { parseConfigText } from './parse.ts'

const corpus = readFileSync(new URL('corpus/every-kind.yaml', import.meta.url), 'utf8')
const objects: readonly Json[] = [
  ...parseAllDocuments(corpus).map(document => document.toJS() as Json),
  ...[...ruleTables, ...kubernetesRuleTables].flatMap(table =>
    (table.examples ?? []).map(rest => parse(objectText(table, rest)) as Json),
  ),
]

interface Grower {
  readonly object: Json
  readonly path: Path
}

const kindOf = (object: Json): string => String((object as { readonly kind: Json }).kind)

/** Of each collection of each kind, the first object that has it. */
function collections(): ReadonlyMap<string, Grower> {
  const found = new Map<string, Grower>()
  for (const object of objects) {
    for (const path of growable(object)) {
      // What stands in many places (a traffic policy in each subset) is told by the end of its path.
      const name = `${kindOf(object)} ${path
        .filter(step => typeof step !== 'number')
        .slice(-3)
        .join('.')}`
      if (typeof valueAt(object, path) === 'object' && !found.has(name)) found.set(name, { object, path })
    }
  }
  return found
}

const small = 100
const counter = await blockCounter('/src/config/')
after(() => counter.close())

const read = (text: string) => (): void => void parseConfigText(text, 'a.json')

for (const [name, { object, path }] of collections()) {
  test(`${name}: what is done for more entries grows as they do`, async () => {
    const [few, more, most] = [1, 2, 4].map(times =>
      JSON.stringify(grownAt(object, path, { salt: 1, share: small * times })),
    )
    // What is made once is made here.
    read(few ?? '')()
    const counts: number[] = []
    for (const text of [few, more, most]) counts.push(await counter.count(read(text ?? '')))
    const [first = 0, second = 0, third = 0] = counts
    // Twice as many more: twice the work, a little more where something is sorted, four times where each meets each.
    assert.ok(third < 2.8 * second + 2000, [first, second, third].join(', '))
  })
}
