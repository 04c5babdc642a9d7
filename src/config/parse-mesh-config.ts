/**
 * Text of a file of mesh settings: plain `mesh.yaml`, or the ConfigMap that holds it under the key `mesh`. Keys of Istio's
 * that have no effect here are named in warnings, since people bring the file of the mesh they have.
 */

import { isMap, isScalar, type Node, type Scalar } from 'yaml'
import { MeshwrightError } from '../platform/errors.ts'
import type { Report } from './kinds/kind.ts'
import { type MeshConfig, type MeshConfigInput, meshConfigFrom, meshConfigSchema } from './mesh-config.ts'
import { isSettingOfIstio } from './mesh-config-keys.ts'
import { checkMeshConfig } from './mesh-config-rules.ts'
import { byPlace, formatProblem, type Problem } from './problem.ts'
import { type Complaint, placeFor, readValue } from './schema/read-value.ts'
import { type Place, readYaml, type YamlText } from './yaml-documents.ts'

export interface ParsedMeshConfig {
  readonly mesh: MeshConfig
  readonly warnings: readonly Problem[]
}

/** Throws MESH_CONFIG_INVALID, whose message names every fault with its place. */
export function parseMeshConfig(text: string, file: string): ParsedMeshConfig {
  const source = sourceOf(text, file)
  const problems: Problem[] = [...source.yaml.problems.map(problem => ({ ...problem, ...source.outer(problem) }))]
  const [root, second] = source.yaml.roots
  const complain = (severity: Problem['severity'], complaint: Complaint): void => {
    const { offset, ...rest } = complaint
    problems.push({ severity, file, ...source.outer(source.yaml.placeOf(offset)), ...rest })
  }
  if (second !== undefined)
    complain('error', {
      offset: second.range?.[0] ?? 0,
      field: '',
      reason: 'mesh settings are one document, and this is a second',
    })
  const input = root === undefined ? {} : readInput(root, complain)
  throwOnErrors(problems, file)
  return { mesh: meshConfigFrom(input ?? {}), warnings: problems.sort(byPlace) }
}

function readInput(
  root: Node,
  complain: (severity: Problem['severity'], complaint: Complaint) => void,
): MeshConfigInput | undefined {
  const places = new Map<string, number>()
  let isSound = true
  const refuse = (complaint: Complaint): void => {
    isSound = false
    complain('error', complaint)
  }
  // Sound: the value was read by this schema.
  const input = readValue(meshConfigSchema, root, '', {
    places,
    dialect: 'proto',
    error: refuse,
    unknown: ({ offset, field }) =>
      complain('warning', {
        offset,
        field,
        reason: isSettingOfIstio(field)
          ? 'has no effect in this version'
          : 'has no effect: it is not a setting that is known here',
      }),
  }) as MeshConfigInput | undefined
  if (input === undefined || !isSound) return undefined
  const report =
    (severity: Problem['severity']): Report['error'] =>
    (field, reason, remedy) =>
      complain(severity, {
        offset: placeFor(field, places) ?? 0,
        field,
        reason,
        ...(remedy === undefined ? {} : { remedy }),
      })
  checkMeshConfig(input, { error: report('error'), warning: report('warning') })
  return input
}

function throwOnErrors(problems: readonly Problem[], file: string): void {
  const errors = problems.filter(problem => problem.severity === 'error').sort(byPlace)
  if (errors.length === 0) return
  throw new MeshwrightError('MESH_CONFIG_INVALID', {
    message: errors.map(formatProblem).join('\n'),
    facts: { file, problems },
  })
}

interface Source {
  readonly yaml: YamlText
  /** From a place in the settings to the place in the file. */
  outer(place: Place): Place
}

function sourceOf(text: string, file: string): Source {
  const yaml = readYaml(text, file)
  const root = yaml.roots[0]
  const plain: Source = { yaml, outer: ({ line, column }) => ({ line, column }) }
  if (!isMap(root) || root.get('kind') !== 'ConfigMap') return plain
  const mesh: unknown = root.getIn(['data', 'mesh'], true)
  if (!isScalar(mesh) || typeof mesh.value !== 'string') {
    throw new MeshwrightError('MESH_CONFIG_INVALID', {
      message: `${file}: the ConfigMap has no text under data.mesh`,
      remedy: 'put the settings there',
    })
  }
  return { yaml: readYaml(mesh.value, file), outer: outerPlace(mesh, text, yaml) }
}

/** A block scalar keeps its lines, so that a place in it is a place in the file; a quoted one has only its own place. */
function outerPlace(scalar: Scalar, text: string, yaml: YamlText): Source['outer'] {
  const start = scalar.range?.[0] ?? 0
  const own = yaml.placeOf(start)
  if (scalar.type !== 'BLOCK_LITERAL') return () => own
  const indent = /^ */.exec(text.slice(text.indexOf('\n', start) + 1))?.[0].length ?? 0
  return ({ line, column }) => ({ line: own.line + line, column: column + indent })
}
