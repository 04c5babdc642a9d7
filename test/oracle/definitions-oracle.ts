/** What an API server says of our CustomResourceDefinitions and of objects: Kubernetes' own code, `definitions.go`. */

import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { customResourceDefinitions } from '../../src/config/crd/manifest.ts'
import { answersOf, type GoProgram } from './go-program.ts'
import { ownCases } from './own-table.ts'

/** Of Kubernetes 1.36. */
const kubernetes = 'v0.36.1'

export const definitionsProgram: GoProgram = {
  name: 'definitions',
  source: fileURLToPath(new URL('definitions.go', import.meta.url)),
  requires: [`k8s.io/apiextensions-apiserver@${kubernetes}`],
}

export interface DefinitionsRecord {
  readonly kubernetes: string
  /** By name, sorted: the hash of the definition and what is wrong with it. */
  readonly definitions: Readonly<Record<string, { readonly hash: string; readonly faults: readonly string[] }>>
  /** Of our tables, by the id of the case, sorted: the hash of the object's text, and whether it is stored. */
  readonly objects: Readonly<Record<string, `${string} ${'accepted' | 'refused'}`>>
}

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 10)

export const definitionTexts: readonly (readonly [string, string])[] = customResourceDefinitions().map(definition => [
  definition.metadata.name,
  JSON.stringify(definition),
])

interface Answer {
  readonly id: string
  readonly faults: readonly string[]
}

/** A second or two. */
export function askDefinitions(binary: string): DefinitionsRecord {
  const questions = [
    ...definitionTexts.map(([id, text]) => ({ id, definition: JSON.parse(text) as unknown })),
    ...ownCases.map(({ id, object }) => ({ id, object })),
  ]
  const answers = answersOf<Answer>(binary, [], questions)
  const faultsOf = (id: string, index: number): readonly string[] => {
    const answer = answers[index]
    if (answer?.id !== id) throw new Error(`the program has not answered ${id}`)
    return answer.faults
  }
  const objects = ownCases.map(({ id, hash }, index) => {
    const faults = faultsOf(id, definitionTexts.length + index)
    return [id, `${hash} ${faults.length === 0 ? 'accepted' : 'refused'}`] as const
  })
  return {
    kubernetes,
    definitions: Object.fromEntries(
      definitionTexts.map(([name, text], index) => [name, { hash: hashOf(text), faults: faultsOf(name, index) }]),
    ),
    objects: Object.fromEntries(objects.sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

const file = fileURLToPath(new URL('definitions.json', import.meta.url))

export function readDefinitions(): DefinitionsRecord {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as DefinitionsRecord
  return { kubernetes: '', definitions: {}, objects: {} }
}

export function writeDefinitions(record: DefinitionsRecord): void {
  writeFileSync(file, `${JSON.stringify(record, undefined, 2)}\n`)
}
