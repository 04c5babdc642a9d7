/** `metadata` of an object, by the rules of Kubernetes. */

import { isDnsLabel, isDnsSubdomain } from './kinds/host-syntax.ts'
import type { Kind } from './kinds/kind.ts'
import type { Metadata } from './object.ts'
import { stepInto } from './schema/field-path.ts'
import { double, map, optional, requiredText, structure, text, type Value } from './schema/fields.ts'
import { isLabelKey } from './schema/label-syntax.ts'
import { type Reading, readObject } from './schema/read-value.ts'
import type { TreeNode } from './tree.ts'
import { writtenFields } from './written-field.ts'

const schema = structure({
  name: requiredText(253),
  namespace: optional(text(63)),
  labels: optional(map(text(63), 'label')),
  annotations: optional(map(text())),
  creationTimestamp: optional(text(64)),
  generation: optional(double()),
})

/** Kubernetes' limit for all annotations of an object together. */
const largestAnnotations = 262_144

/** Undefined when there is no usable name or namespace. */
export function readMetadata(kind: Kind, node: TreeNode, reading: Reading): Metadata | undefined {
  // Sound: `readObject` returns what the schema describes, or reports and leaves fields out; the name is looked at below.
  const read = readObject(schema, node, stepInto(undefined, 'metadata'), reading) as
    | Partial<Value<typeof schema>>
    | undefined
  const name = read?.name
  if (read === undefined || name === undefined) return undefined
  const namespace =
    kind.scope === 'cluster' ? '' : read.namespace === undefined || read.namespace === '' ? 'default' : read.namespace
  const written = writtenFields(node)
  const complain = (field: string, reason: string, remedy?: string): undefined => {
    reading.error({
      offset: written.offset(field.slice('metadata.'.length)),
      field,
      reason,
      ...(remedy === undefined ? {} : { remedy }),
    })
    return undefined
  }
  if (!isDnsSubdomain(name))
    return complain(
      'metadata.name',
      `'${name}' is not the name of an object`,
      'use lower-case letters, digits, - and .',
    )
  if (namespace !== '' && !isDnsLabel(namespace))
    return complain('metadata.namespace', `'${namespace}' is not a namespace`, 'use lower-case letters, digits and -')
  checkAnnotations(read.annotations ?? {}, complain)
  if (read.creationTimestamp !== undefined && !isTimestamp(read.creationTimestamp)) {
    complain(
      'metadata.creationTimestamp',
      `'${read.creationTimestamp}' is not a time`,
      'write it like 2026-01-31T12:00:00Z',
    )
  }
  return Object.freeze<Metadata>({
    name,
    namespace,
    labels: read.labels ?? none,
    annotations: withoutCopies(kind, read.annotations ?? none),
    ...(read.creationTimestamp === undefined ? {} : { creationTimestamp: read.creationTimestamp }),
    ...(read.generation === undefined ? {} : { generation: read.generation }),
  })
}

const none: Readonly<Record<string, string>> = Object.freeze({})

/** kubectl writes the whole object, values and all, into an annotation of it. */
function withoutCopies(kind: Kind, annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (kind.name !== 'Secret') return annotations
  const { 'kubectl.kubernetes.io/last-applied-configuration': _copy, ...rest } = annotations
  return Object.freeze(rest)
}

function checkAnnotations(
  annotations: Readonly<Record<string, string>>,
  complain: (field: string, reason: string, remedy?: string) => void,
): void {
  let size = 0
  for (const [key, value] of Object.entries(annotations)) {
    size += key.length + value.length
    if (!isLabelKey(key.toLowerCase())) complain(`metadata.annotations.${key}`, `'${key}' is not an annotation key`)
  }
  if (size > largestAnnotations)
    complain('metadata.annotations', `are ${size} characters long, more than ${largestAnnotations}`)
}

/** RFC 3339, as Kubernetes writes times. */
const isTimestamp = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))
