/** Every object of our tables of rules, refused ones and their accepted neighbours, as questions to the oracle. */

import { createHash } from 'node:crypto'
import { parse } from 'yaml'
import { objectText } from '../../src/config/kinds/testing/rule-cases.ts'
import { ruleTables } from '../../src/config/kinds/testing/rule-tables.ts'
import type { Question } from './istio-oracle.ts'

export interface OwnCase extends Question {
  readonly text: string
  /** Of the text: a recorded verdict holds for it alone. */
  readonly hash: string
}

export const ownCases: readonly OwnCase[] = ruleTables.flatMap(table => {
  const { kind, cases, examples = [] } = table
  const named = (id: string, rest: string, name?: string): OwnCase => {
    const text = objectText(table, rest, name)
    const hash = createHash('sha256').update(text).digest('base64url').slice(0, 10)
    return { id: `${kind}: ${id}`, text, hash, object: parse(text) as unknown }
  }
  return [
    ...cases.flatMap(({ rule, refused, accepted, name, warns }) => [
      named(`${warns ? 'warned of' : 'refused'} when ${rule}`, refused, name),
      named(`accepted neighbour of ${rule}`, accepted),
    ]),
    ...examples.map((example, index) => named(`example ${index + 1}`, example)),
  ]
})
