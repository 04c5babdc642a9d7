/**
 * The text of a file of settings: a plain document, or the ConfigMap that holds it under a key, as Istio's does. Keys that
 * nobody knows and keys that nothing acts on yet are named in warnings, since people bring the file of the mesh they have.
 */

import type { TObject } from 'typebox'
import type { ErrorCode } from '../../platform/error-codes.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { Report } from '../kinds/kind.ts'
import { byPlace, formatProblem, type Problem } from '../problem.ts'
import { checkRules } from '../schema/check-rules.ts'
import type { Value } from '../schema/fields.ts'
import { fieldsNotInForce } from '../schema/fields-not-in-force.ts'
import { nearestName } from '../schema/nearest-name.ts'
import { type Complaint, readValue } from '../schema/read-value.ts'
import { memberOf, type ScalarNode, type TreeNode } from '../tree.ts'
import { writtenFields } from '../written-field.ts'
import { type Place, readYaml, type YamlText } from '../yaml-documents.ts'

/** What a file of settings holds. */
export interface SettingsForm<Message extends TObject> {
  /** `mesh settings`, for messages. */
  readonly name: string
  /** Of the ConfigMap's `data`. */
  readonly dataKey: 'mesh' | 'meshNetworks'
  readonly message: Message
  readonly invalid: Extract<ErrorCode, 'MESH_CONFIG_INVALID' | 'MESH_NETWORKS_INVALID'>
  /** The rules that a schema cannot say. Called only with a value whose form is right. */
  check(value: Value<Message>, report: Report): void
  /** Where a key that is not known at `field` belongs instead. */
  elsewhere?(field: string): string | undefined
}

export interface ParsedSettings<Message extends TObject> {
  readonly value: Value<Message>
  readonly warnings: readonly Problem[]
}

/** Throws the form's code, with a message that names every fault with its place, and the fact `problems`. */
export function parseSettings<Message extends TObject>(
  form: SettingsForm<Message>,
  text: string,
  file: string,
): ParsedSettings<Message> {
  const { value, problems } = readSettings(form, text, file)
  const errors = problems.filter(problem => problem.severity === 'error')
  if (errors.length > 0)
    throw new MeshwrightError(form.invalid, {
      message: errors.map(formatProblem).join('\n'),
      facts: { file, problems },
    })
  return { value, warnings: problems }
}

/** Total. With an error among the problems the value is of no use. */
export function readSettings<Message extends TObject>(
  form: SettingsForm<Message>,
  text: string,
  file: string,
): { readonly value: Value<Message>; readonly problems: readonly Problem[] } {
  const source = sourceOf(form, text, file)
  const problems: Problem[] = source.yaml.problems.map(problem => ({ ...problem, ...source.outer(problem) }))
  const complain: Complain = (severity, { offset, field, ...rest }) => {
    const at = source.outer(source.yaml.placeOf(offset))
    problems.push({ severity, file, ...at, ...(field === '' ? {} : { field }), ...rest })
  }
  if (source.fault !== undefined) complain('error', { offset: 0, field: '', ...source.fault })
  const [root, second] = source.yaml.roots
  if (second !== undefined)
    complain('error', {
      offset: second.offset,
      field: '',
      reason: `${form.name} are one document, and this is a second`,
    })
  const value = root === undefined ? undefined : readRoot(form, root, complain)
  // Sound: no field is required, so that an empty message is a value, too.
  return { value: value ?? ({} as Value<Message>), problems: problems.sort(byPlace) }
}

type Complain = (severity: Problem['severity'], complaint: Complaint) => void

function readRoot<Message extends TObject>(
  form: SettingsForm<Message>,
  root: TreeNode,
  complain: Complain,
): Value<Message> | undefined {
  let isSound = true
  const refuse = (complaint: Complaint): void => {
    isSound = false
    complain('error', complaint)
  }
  // Sound: the value was read by this schema.
  const value = readValue(form.message, root, undefined, {
    dialect: 'proto',
    error: refuse,
    unknown({ offset, field }, known) {
      const meant = nearestName(field.slice(field.lastIndexOf('.') + 1), known) ?? form.elsewhere?.(field)
      complain('warning', {
        offset,
        field,
        reason: 'has no effect: it is not a setting that is known here',
        ...(meant === undefined ? {} : { remedy: `did you mean ${meant}?` }),
      })
    },
  }) as Value<Message> | undefined
  if (value === undefined || !isSound) return undefined
  const written = writtenFields(root)
  const report =
    (severity: Problem['severity']): Report['error'] =>
    (field, reason, remedy) =>
      complain(severity, {
        offset: written.offset(field),
        field,
        reason,
        ...(remedy === undefined ? {} : { remedy }),
      })
  checkRules(form.message, value, undefined, ({ field, reason, remedy }) => report('error')(field, reason, remedy))
  form.check(value, { error: report('error'), warning: report('warning') })
  for (const { field, reason } of fieldsNotInForce(form.message, value, ''))
    report('warning')(field, `is not in force yet: ${reason}`)
  return value
}

interface Source {
  readonly yaml: YamlText
  readonly fault?: Pick<Problem, 'reason' | 'remedy'>
  /** From a place in the settings to the place in the file. */
  outer(place: Place): Place
}

function sourceOf(
  { name, dataKey }: Pick<SettingsForm<TObject>, 'name' | 'dataKey'>,
  text: string,
  file: string,
): Source {
  const yaml = readYaml(text, file)
  const root = yaml.roots[0]
  const plain: Source = { yaml, outer: ({ line, column }) => ({ line, column }) }
  if (root?.kind !== 'mapping') return plain
  const kind = memberOf(root, 'kind')
  if (kind?.kind !== 'scalar' || kind.value !== 'ConfigMap') return plain
  const data = memberOf(root, 'data')
  const settings = data?.kind === 'mapping' ? memberOf(data, dataKey) : undefined
  if (settings?.kind !== 'scalar' || typeof settings.value !== 'string') {
    const reason = `the ConfigMap has no text under data.${dataKey}`
    return { ...plain, yaml: { ...yaml, roots: [] }, fault: { reason, remedy: `put the ${name} there` } }
  }
  return { yaml: readYaml(settings.value, file), outer: outerPlace(settings, text, yaml) }
}

/** A block scalar keeps its lines, so that a place in it is a place in the file; a quoted one has only its own place. */
function outerPlace(scalar: ScalarNode, text: string, yaml: YamlText): Source['outer'] {
  const start = scalar.offset
  const own = yaml.placeOf(start)
  if (scalar.style !== 'literal') return () => own
  const indent = /^ */.exec(text.slice(text.indexOf('\n', start) + 1))?.[0].length ?? 0
  return ({ line, column }) => ({ line: own.line + line, column: column + indent })
}
