/**
 * Files as their authors wrote them: every object as JSON, and where each of its fields stands. For commands that hand
 * objects to a daemon, whose word on kinds and rules is the one that counts; only what is no sound YAML is refused here.
 */

import { readFileSync } from 'node:fs'
import { isMap, isScalar, isSeq, type Node } from 'yaml'
import { MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { formatProblem, type Problem } from '../problem.ts'
import type { JsonObject } from '../store/config-store.ts'
import { decodeText } from '../text-encoding.ts'
import { unfolded } from '../unfolded-list.ts'
import { largestFileBytes, type Place, readYaml, type YamlText } from '../yaml-documents.ts'
import { filesOf } from './load-files.ts'

export interface AuthoredObject {
  readonly object: JsonObject
  readonly file: string
  /** Of a field such as `spec.http[0].match`, or of the nearest thing around it that is written; of `''` the object's own. */
  placeOf(field: string): Place
}

/** Reads standard input for `-`. */
export type ReadStandardInput = () => Uint8Array

/** `places` are files of any name, folders, or `-`. Throws `CONFIG_DIRECTORY_UNREADABLE`, `CONFIG_INVALID`. */
export function readAuthoredObjects(
  places: readonly string[],
  log: Log,
  readStandardInput: ReadStandardInput,
): readonly AuthoredObject[] {
  const files = new Map(places.flatMap(place => filesOf(place, log)))
  const read = [...files].map(([file, shownAs]) =>
    authoredIn(shownAs, file === '-' ? readStandardInput() : readFileSync(file)),
  )
  const problems = read.flatMap(one => one.problems)
  if (problems.length > 0) {
    throw new MeshwrightError('CONFIG_INVALID', {
      message: `${problems.length === 1 ? 'a problem' : `${problems.length} problems`} in what was given:\n${problems.map(problem => `  ${formatProblem(problem)}`).join('\n')}`,
      remedy: 'Nothing was sent. Mend the files and try again.',
    })
  }
  return read.flatMap(one => one.objects)
}

interface Read {
  readonly objects: readonly AuthoredObject[]
  readonly problems: readonly Problem[]
}

function authoredIn(file: string, bytes: Uint8Array): Read {
  const refused = (reason: string, place: Place = { line: 1, column: 1 }): Read => ({
    objects: [],
    problems: [{ severity: 'error', file, ...place, reason }],
  })
  if (bytes.length > largestFileBytes) return refused('is larger than 64 MiB')
  const decoded = decodeText(bytes)
  if (decoded.kind === 'undecodable') return refused(decoded.reason, decoded)
  const yaml = readYaml(decoded.text, file)
  if (yaml.problems.length > 0) return { objects: [], problems: yaml.problems }
  const nodes = yaml.roots.flatMap(unfolded)
  const odd = nodes.find(node => !isMap(node))
  if (odd !== undefined) return refused('is not an object', placeIn(yaml, odd))
  return { objects: nodes.map(node => authored(node, yaml)), problems: [] }
}

function authored(node: Node, yaml: YamlText): AuthoredObject {
  return {
    object: JSON.parse(JSON.stringify(node)) as JsonObject,
    file: yaml.file,
    placeOf: field => placeIn(yaml, nodeAt(node, field)),
  }
}

const placeIn = (yaml: YamlText, node: Node): Place => yaml.placeOf(node.range?.[0] ?? 0)

/** Follows the path as far as it is written. Keys may hold points themselves: the longest key that fits is taken. */
function nodeAt(root: Node, field: string): Node {
  let node = root
  let rest = field
  while (rest !== '') {
    const next = isSeq(node) ? itemOf(node.items, rest) : isMap(node) ? memberOf(node.items, rest) : undefined
    if (next === undefined) return node
    node = next.node
    rest = next.rest
  }
  return node
}

interface Step {
  readonly node: Node
  readonly rest: string
}

function itemOf(items: readonly unknown[], rest: string): Step | undefined {
  const [whole, index] = /^\[(\d+)\]\.?/.exec(rest) ?? []
  const item = index === undefined ? undefined : (items[Number(index)] as Node | undefined)
  return item === undefined || whole === undefined ? undefined : { node: item, rest: rest.slice(whole.length) }
}

function memberOf(
  pairs: readonly { readonly key: unknown; readonly value: unknown }[],
  rest: string,
): Step | undefined {
  let best: Step | undefined
  for (const { key, value } of pairs) {
    if (!isScalar(key) || value === null) continue
    const written = String(key.value)
    for (const name of [written, camelCase(written)]) {
      const after = rest.slice(name.length)
      if (!rest.startsWith(name) || !(after === '' || after.startsWith('.') || after.startsWith('['))) continue
      const step = { node: value as Node, rest: after.replace(/^\./, '') }
      if (best === undefined || step.rest.length < best.rest.length) best = step
    }
  }
  return best
}

const camelCase = (name: string): string =>
  name.replaceAll(/_([A-Za-z0-9])/g, (_whole, letter: string) => letter.toUpperCase())
