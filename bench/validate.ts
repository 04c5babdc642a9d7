/**
 * The slowest object that is accepted, found by a search (`support/slow-objects.ts`), in CPU time: the checks of an object
 * that came as JSON, and the same object read from YAML. `--seconds N` searches longer, `--seed N` elsewhere.
 */

import { parseArgs } from 'node:util'
import { parse, stringify } from 'yaml'
import { objectText } from '../src/config/kinds/testing/rule-cases.ts'
import { ruleTables } from '../src/config/kinds/testing/rule-tables.ts'
import { parseConfigText } from '../src/config/parse.ts'
import { readJsonObject } from '../src/config/read-json.ts'
import { reportGoals } from './support/goals.ts'
import { type Json, type Judged, type SlowObject, slowestFrom } from './support/slow-objects.ts'

const { values } = parseArgs({ options: { seconds: { type: 'string' }, seed: { type: 'string' } } })
const seconds = Number(values.seconds ?? '60')

const cpuMs = (): number => process.cpuUsage().user / 1000

function judge(object: Json): Judged {
  let tookMs = Number.POSITIVE_INFINITY
  let accepted = false
  // The quicker of two: a collection of garbage in one of them is not the object's doing.
  for (let round = 0; round < 2; round++) {
    const begin = cpuMs()
    const read = readJsonObject(object, 'bench', { source: 'file', file: 'bench', line: 1, column: 1 })
    tookMs = Math.min(tookMs, cpuMs() - begin)
    accepted = read.kind === 'object'
  }
  return { accepted, tookMs }
}

/** mulberry32: the same search for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const seeds = ruleTables.flatMap(table =>
  [...(table.examples ?? []), ...table.cases.map(({ accepted }) => accepted)].map(
    rest => parse(objectText(table, rest)) as Json,
  ),
)
const random = seeded(Number(values.seed ?? '1'))
const end = cpuMs() + seconds * 1000
let worst: SlowObject = { object: null, tookMs: 0, chars: 0 }
let searched = 0
while (cpuMs() < end) {
  const seed = seeds[Math.floor(random() * seeds.length)] ?? null
  const found = slowestFrom(seed, { steps: 60, random, judge })
  if (found.tookMs > worst.tookMs) worst = found
  searched++
}
const text = stringify(worst.object)
const begin = cpuMs()
parseConfigText(text, 'bench.yaml')
const fromYamlMs = cpuMs() - begin
process.stdout.write(
  `${searched} searches; the slowest has ${worst.chars} characters: ${JSON.stringify(worst.object).slice(0, 300)}\n`,
)
process.stdout.write(
  `read from YAML it takes ${fromYamlMs.toFixed(0)} ms, ${((fromYamlMs / text.length) * 1e6).toFixed(0)} ns a character\n`,
)
reportGoals([{ name: 'slowest accepted object, as JSON', reached: worst.tookMs, goal: 50, unit: 'ms CPU' }])
