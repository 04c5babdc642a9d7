/** One node to one object of a known kind: form first, then the kind's own rules. */

import { Complaints } from './complaints.ts'
import type { AnyObject } from './kinds/catalogue.ts'
import { groupOf, kindFor, kinds } from './kinds/catalogue.ts'
import type { Kind } from './kinds/kind.ts'
import type { KindName, Origin } from './object.ts'
import type { Problem } from './problem.ts'
import { readMetadata } from './read-metadata.ts'
import { checkRules } from './schema/check-rules.ts'
import { join, stepInto } from './schema/field-path.ts'
import { nearestName } from './schema/nearest-name.ts'
import { type Complaint, type Reading, readValue } from './schema/read-value.ts'
import { holdsMoreThan, type MappingNode, memberOf, type TreeNode } from './tree.ts'
import { writtenFields } from './written-field.ts'
import { largestObjectChars, mostLexemes, mostValues, type YamlText } from './yaml-documents.ts'

/** `warnings` may come with an object; a refusal always has an error among its problems. */
export type ReadObject =
  | { readonly kind: 'object'; readonly object: AnyObject; readonly problems: readonly Problem[] }
  | { readonly kind: 'refused'; readonly identity: Identity | undefined; readonly problems: readonly Problem[] }
  | { readonly kind: 'ignored'; readonly problems: readonly Problem[] }

export interface Identity {
  readonly kind: KindName
  readonly namespace: string
  readonly name: string
}

/** Where the object came from: a `YamlText` as it is. */
export interface ObjectText extends Pick<YamlText, 'file' | 'placeOf'>, Partial<Pick<YamlText, 'lexemesIn'>> {
  /** Absent: the file and the place of the object in it. */
  readonly origin?: Origin
}

export function readConfigObject(node: TreeNode, yaml: ObjectText): ReadObject {
  const problem = (offset: number, reason: string, remedy?: string): Problem => ({
    severity: 'error',
    file: yaml.file,
    ...yaml.placeOf(offset),
    reason,
    ...(remedy === undefined ? {} : { remedy }),
  })
  const refused = (...of: Parameters<typeof problem>): ReadObject => ({
    kind: 'refused',
    identity: undefined,
    problems: [problem(...of)],
  })

  if (node.kind !== 'mapping') return refused(node.offset, 'is not an object', 'write apiVersion, kind and metadata')
  const sizeChars = node.end - node.offset
  if (sizeChars > largestObjectChars)
    return refused(node.offset, `is ${sizeChars} characters long, more than 1 MiB`, 'split it')
  if (holdsMoreThan(node, mostValues)) return refused(node.offset, `holds more than ${mostValues} values`, 'split it')
  const lexemes = yaml.lexemesIn?.(node.offset, node.end) ?? 0
  if (lexemes > mostLexemes)
    return refused(
      node.offset,
      `holds ${lexemes} tokens, more than ${mostLexemes}, in a file with YAML that takes long to read`,
      'write it without anchors, tags, directives and ?, or split it',
    )
  const apiVersion = textField(node, 'apiVersion')
  const kindName = textField(node, 'kind')
  if (apiVersion === undefined)
    return refused(node.offset, 'has no apiVersion', 'add it, for example networking.istio.io/v1')
  if (kindName === undefined) return refused(node.offset, 'has no kind', 'add it, for example ServiceEntry')

  const kind = kindFor(apiVersion.text, kindName.text)
  if (kind !== undefined) return readKnown(kind, node, { apiVersion, yaml })
  return foreign(apiVersion, kindName, problem)
}

interface TextField {
  readonly text: string
  readonly offset: number
}

function textField(node: MappingNode, name: string): TextField | undefined {
  const found = memberOf(node, name)
  return found?.kind === 'scalar' && typeof found.value === 'string' && found.value !== ''
    ? { text: found.value, offset: found.offset }
    : undefined
}

/** Deployments and the like stand beside mesh objects in real folders and are none of our business; a misspelt kind is. */
function foreign(
  apiVersion: TextField,
  kindName: TextField,
  problem: (offset: number, reason: string, remedy?: string) => Problem,
): ReadObject {
  const group = groupOf(apiVersion.text)
  const known = Object.values(kinds).find(candidate => candidate.name === kindName.text)
  const refuse = (found: Problem): ReadObject => ({ kind: 'refused', identity: undefined, problems: [found] })
  if (group.endsWith('.istio.io')) {
    const remedy = known === undefined ? kindMeant(kindName.text) : kindRemedy(known)
    return refuse(problem(kindName.offset, `${group} has no kind ${kindName.text} that is known here`, remedy))
  }
  // Only a group that Kubernetes itself serves can be a slip; `Service` is also a kind of Knative's.
  if (known !== undefined && (group === '' || !group.includes('.') || group === known.group)) {
    return refuse(problem(apiVersion.offset, `${kindName.text} is not of ${apiVersion.text}`, kindRemedy(known)))
  }
  return { kind: 'ignored', problems: [] }
}

const kindRemedy = (known: { readonly group: string; readonly versions: readonly string[] }): string =>
  `write apiVersion: ${known.group === '' ? '' : `${known.group}/`}${known.versions[0]}`

function kindMeant(written: string): string | undefined {
  const names = Object.values(kinds).map(({ name }) => name)
  const near = nearestName(written, names)
  return near === undefined ? undefined : `did you mean ${near}?`
}

interface Source {
  readonly apiVersion: TextField
  readonly yaml: ObjectText
}

function readKnown(kind: Kind, node: MappingNode, { apiVersion, yaml }: Source): ReadObject {
  const complaints = new Complaints()
  const refuse = (complaint: Complaint): void => {
    complaints.add('error', () => complaint)
  }
  const reading: Reading = {
    dialect: kind.group.endsWith('.istio.io') ? 'proto' : 'kubernetes',
    error: refuse,
    unknown: refuse,
  }
  const top = topLevelFields(kind, node, reading)
  const version = apiVersion.text.slice(apiVersion.text.lastIndexOf('/') + 1)
  if (!kind.versions.includes(version)) {
    reading.error({
      offset: apiVersion.offset,
      field: 'apiVersion',
      reason: `${kind.name} has no version ${version}`,
      remedy: `use ${kind.versions.join(', ')}`,
    })
  }
  if (top.metadata === undefined) reading.error({ offset: node.offset, field: 'metadata', reason: 'is required' })
  const kubernetesReading: Reading = { ...reading, dialect: 'kubernetes' }
  const metadata = top.metadata === undefined ? undefined : readMetadata(kind, top.metadata, kubernetesReading)
  const spec = readSpec(kind, node, top, reading)
  const status =
    kind.status === undefined || top.status === undefined
      ? undefined
      : readValue(kind.status, top.status, stepInto(undefined, 'status'), kubernetesReading)

  const identity: Identity | undefined =
    metadata === undefined ? undefined : { kind: kind.name, namespace: metadata.namespace, name: metadata.name }
  const problems = (): Problem[] =>
    complaints.list(node.offset).map(({ offset, field: whole, ...complaint }) => {
      const field = kind.name === 'Secret' ? withoutKeys(whole) : whole
      return {
        file: yaml.file,
        ...yaml.placeOf(offset),
        kind: kind.name,
        ...(metadata === undefined ? {} : { namespace: metadata.namespace, name: metadata.name }),
        ...(field === '' ? {} : { field }),
        ...complaint,
      }
    })
  if (complaints.hasErrors || metadata === undefined || spec === undefined)
    return { kind: 'refused', identity, problems: problems() }

  const start = yaml.placeOf(node.offset)
  // Sound: `spec` and `status` were read by this kind's own schemas.
  const object = Object.freeze({
    kind: kind.name,
    apiVersion: apiVersion.text,
    metadata,
    spec,
    ...(status === undefined ? {} : { status }),
    origin: Object.freeze(yaml.origin ?? { source: 'file', file: yaml.file, ...start }),
  }) as unknown as AnyObject
  const written = writtenFields(node)
  const complain = (severity: Problem['severity']) => (field: string, reason: string, remedy?: string) => {
    complaints.add(severity, () => ({
      offset: written.offset(field),
      field,
      reason,
      ...(remedy === undefined ? {} : { remedy }),
    }))
  }
  if (kind.notInForce !== undefined && promises(kind))
    complain('warning')('', `has no effect in this version: ${kind.notInForce}`)
  const root = kind.body === 'spec' ? specPath : undefined
  checkRules(kind.spec, spec, root, ({ field, reason, remedy }) => complain('error')(field, reason, remedy))
  kind.check(object as unknown as Parameters<Kind['check']>[0], {
    error: complain('error'),
    warning: complain('warning'),
  })
  return complaints.hasErrors
    ? { kind: 'refused', identity, problems: problems() }
    : { kind: 'object', object, problems: problems() }
}

/** Where a colon was forgotten the value is part of the key: the place says enough. */
const withoutKeys = (field: string): string => field.replace(/^(data|stringData|metadata\.annotations)\..*$/s, '$1')

/** A Secret or a ConfigMap is data that others name: whoever names it says what happens. */
const promises = (kind: Kind): boolean => kind.group !== ''

const specPath = stepInto(undefined, 'spec')

interface TopLevel {
  readonly metadata?: TreeNode
  readonly spec?: TreeNode
  readonly status?: TreeNode
}

function topLevelFields(kind: Kind, node: MappingNode, reading: Reading): TopLevel {
  const top: { metadata?: TreeNode; spec?: TreeNode; status?: TreeNode } = {}
  for (const pair of node.items) {
    const key = pair.key.kind === 'scalar' ? pair.key.value : undefined
    if (key === 'metadata' || key === 'spec' || key === 'status') {
      const { value } = pair
      if (!(value.kind === 'scalar' && value.value === null)) top[key] = value
    } else if (key !== 'apiVersion' && key !== 'kind' && reading.dialect === 'proto') {
      reading.error({
        offset: pair.key.offset,
        field: String(key),
        reason: 'is not a known field',
        remedy: `${kind.name} has apiVersion, kind, metadata and spec`,
      })
    }
  }
  return top
}

function readSpec(kind: Kind, node: MappingNode, top: TopLevel, reading: Reading): object | undefined {
  if (kind.body === 'top-level') return readValue(kind.spec, node, undefined, reading) as object | undefined
  if (top.spec !== undefined) return readValue(kind.spec, top.spec, specPath, reading) as object | undefined
  // An absent spec is an empty one, which is right for a Namespace and wrong where a field is required.
  const required = Object.keys(kind.spec.properties).find(name => (kind.spec.required ?? []).includes(name))
  if (required === undefined) return Object.freeze({})
  reading.error({
    offset: writtenFields(node).offset('spec'),
    field: join('spec', required),
    reason: 'is required',
  })
  return undefined
}
