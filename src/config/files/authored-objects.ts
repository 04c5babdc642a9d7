/**
 * Files as their authors wrote them: every object as JSON, and where each of its fields stands. For commands that hand
 * objects to a daemon, whose word on kinds and rules is the one that counts; only what is no sound YAML is refused here.
 */

import { readFileSync } from 'node:fs'
import { MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { jsonFromNode } from '../plain-json.ts'
import { formatProblem, type Problem } from '../problem.ts'
import type { JsonObject } from '../store/config-store.ts'
import { decodeText } from '../text-encoding.ts'
import type { TreeNode } from '../tree.ts'
import { unfolded } from '../unfolded-list.ts'
import { writtenFields } from '../written-field.ts'
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
  const odd = nodes.find(node => node.kind !== 'mapping')
  if (odd !== undefined) return refused('is not an object', placeIn(yaml, odd))
  return { objects: nodes.map(node => authored(node, yaml)), problems: [] }
}

function authored(node: TreeNode, yaml: YamlText): AuthoredObject {
  const written = writtenFields(node)
  return {
    object: jsonFromNode(node) as JsonObject,
    file: yaml.file,
    placeOf: field => placeIn(yaml, written.node(field)),
  }
}

const placeIn = (yaml: YamlText, node: TreeNode): Place => yaml.placeOf(node.offset)
