/**
 * The slowest object that is accepted, found by a search (`support/slow-objects.ts`) over all kinds, in CPU time: as JSON, as
 * YAML in blocks, and as YAML that only the library reads. `--seconds N` searches longer, `--seed N` elsewhere, `--kind K`
 * one kind, `--form F` one form, `--save FILE` keeps the object.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { parse, parseAllDocuments } from 'yaml'
import type { Json } from '../src/config/kinds/testing/grown-objects.ts'
import { kubernetesRuleTables } from '../src/config/kinds/testing/kubernetes-rule-tables.ts'
import { objectText } from '../src/config/kinds/testing/rule-cases.ts'
import { ruleTables } from '../src/config/kinds/testing/rule-tables.ts'
import { parseConfigText } from '../src/config/parse.ts'
import { readJsonObject } from '../src/config/read-json.ts'
import { largestObjectChars } from '../src/config/yaml-documents.ts'
import { reportGoals } from './support/goals.ts'
import { type Judged, type SlowObject, slowestFrom } from './support/slow-objects.ts'
import { anchoredYaml, blockYaml } from './support/yaml-texts.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string' },
    form: { type: 'string' },
    save: { type: 'string' },
  },
})

const forms = ['JSON', 'YAML', 'YAML of the library'] as const
type Form = (typeof forms)[number]

const cpuMs = (): number => process.cpuUsage().user / 1000

/** Answers whether it was accepted. */
function reading(object: Json, form: Form): () => boolean {
  if (form === 'JSON') {
    const text = JSON.stringify(object)
    const origin = { source: 'file', file: 'bench', line: 1, column: 1 } as const
    return () => readJsonObject(JSON.parse(text), 'bench', origin).kind === 'object'
  }
  const block = blockYaml(object)
  const text = form === 'YAML' ? block : anchoredYaml(block)
  return () => parseConfigText(text, 'bench.yaml').objects.length === 1
}

/** The quicker of two: a collection of garbage in one of them is not the object's doing. */
function judge(object: Json, form: Form, rounds = 2): Judged {
  if (JSON.stringify(object).length > largestObjectChars) return { accepted: false, tookMs: 0 }
  const read = reading(object, form)
  let tookMs = Number.POSITIVE_INFINITY
  let accepted = false
  for (let round = 0; round < rounds; round++) {
    const begin = cpuMs()
    accepted = read()
    tookMs = Math.min(tookMs, cpuMs() - begin)
    if (!accepted) break
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

const corpus = readFileSync(new URL('../src/config/corpus/every-kind.yaml', import.meta.url), 'utf8')
const kindOf = (object: Json): string => String((object as { readonly kind: Json }).kind)
const byKind = Map.groupBy(
  [
    ...parseAllDocuments(corpus).map(document => document.toJS() as Json),
    ...[...ruleTables, ...kubernetesRuleTables].flatMap(table =>
      [...(table.examples ?? []), ...table.cases.map(({ accepted }) => accepted)].map(
        rest => parse(objectText(table, rest)) as Json,
      ),
    ),
  ],
  kindOf,
)
const kinds = values.kind === undefined ? [...byKind.keys()] : [values.kind]
const searched = values.form === undefined ? forms : forms.filter(form => form === values.form)
const random = seeded(Number(values.seed))
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item

const worst = new Map<Form, SlowObject>()
const end = cpuMs() + Number(values.seconds) * 1000
let searches = 0
while (cpuMs() < end) {
  const form = pick(searched)
  const seed = pick(byKind.get(pick(kinds)) ?? [])
  const found = slowestFrom(seed, { steps: 100, random, judge: object => judge(object, form) })
  searches++
  if (found.tookMs <= (worst.get(form)?.tookMs ?? 0)) continue
  // Once more, since one search in thousands is disturbed.
  const { tookMs } = judge(found.object, form, 5)
  if (tookMs > (worst.get(form)?.tookMs ?? 0)) worst.set(form, { ...found, tookMs })
}
process.stdout.write(`${searches} searches\n`)
for (const [form, { object, tookMs }] of worst) {
  const text = JSON.stringify(object)
  process.stdout.write(`${form}: ${tookMs.toFixed(0)} ms, ${text.length} characters as JSON: ${text.slice(0, 400)}\n`)
  if (values.save !== undefined) writeFileSync(`${values.save}.${form.replaceAll(' ', '-')}.json`, text)
}
reportGoals(
  [...worst].map(([form, { tookMs }]) => ({
    name: `slowest accepted object, as ${form}`,
    reached: tookMs,
    goal: 50,
    unit: 'ms CPU',
  })),
)
