/** Text of a configuration file to objects and problems. The one reader: for watched files, for a command's `-f`, for standard input. */

import type { RefusedObject } from './files/refused-object.ts'
import type { AnyObject } from './kinds/catalogue.ts'
import { objectKey } from './object.ts'
import { jsonText } from './plain-json.ts'
import { byPlace, type Problem, placeOfOrigin } from './problem.ts'
import { readConfigObject } from './read-object.ts'
import { unfolded } from './unfolded-list.ts'
import { rememberWritten } from './written-form.ts'
import { readYaml } from './yaml-documents.ts'

export interface ParsedConfig {
  /** In the order of the text; each valid on its own. */
  readonly objects: readonly AnyObject[]
  readonly problems: readonly Problem[]
  /** `broken`: not YAML at all, and so there are no objects, whatever the text was meant to hold. */
  readonly syntax: 'whole' | 'broken'
  /** Objects that were recognised and refused. */
  readonly refused: readonly RefusedObject[]
  /** How many documents were refused without saying which object they are. */
  readonly unidentified: number
}

/** Total: never throws. `file` only names the text in messages and origins (and ends in `.json` for JSON). */
export function parseConfigText(text: string, file: string): ParsedConfig {
  const yaml = readYaml(text, file)
  const objects = new Map<string, AnyObject>()
  const problems: Problem[] = [...yaml.problems]
  const refused: RefusedObject[] = []
  let unidentified = 0
  for (const node of yaml.roots.flatMap(unfolded)) {
    const read = readConfigObject(node, yaml)
    problems.push(...read.problems)
    if (read.kind === 'refused') {
      if (read.identity === undefined) unidentified++
      else refused.push({ ...read.identity, text: jsonText(node), file, ...yaml.placeOf(node.offset) })
    }
    if (read.kind !== 'object') continue
    rememberWritten(read.object, node)
    const id = `${read.object.kind}/${objectKey(read.object)}`
    const earlier = objects.get(id)
    if (earlier === undefined) objects.set(id, read.object)
    else problems.push(duplicateProblem(read.object, earlier))
  }
  return {
    objects: [...objects.values()],
    problems: problems.sort(byPlace),
    syntax: yaml.problems.length > 0 ? 'broken' : 'whole',
    refused,
    unidentified,
  }
}

/** An object that stands elsewhere already; the earlier one is in force. */
export function duplicateProblem(object: AnyObject, earlier: AnyObject): Problem {
  const there = placeOfOrigin(earlier.origin)
  return {
    severity: 'error',
    ...placeOfOrigin(object.origin),
    kind: object.kind,
    namespace: object.metadata.namespace,
    name: object.metadata.name,
    reason: `is defined already at ${there.file}:${there.line}:${there.column}, which is in force`,
    remedy: 'remove one of the two',
  }
}
