/** A whole object of a kind, as the API takes and gives it: apiVersion, kind, metadata, spec and status. */

import type { Kind } from '../kinds/kind.ts'
import { checkRules } from '../schema/check-rules.ts'
import { meshStatus } from './mesh-status.ts'
import { type SchemaObject, schemaObject } from './schema-object.ts'

/** Without `apiVersion`, `kind` and `metadata`, which every object has alike. */
export function bodyProperties(kind: Kind): Pick<SchemaObject, 'properties' | 'required'> {
  const spec = schemaObject(kind.spec)
  const status = statusSchema(kind)
  const statusProperty = status === undefined ? {} : { status }
  if (kind.body === 'top-level') {
    return {
      properties: { ...spec.properties, ...statusProperty },
      ...(spec.required === undefined ? {} : { required: spec.required }),
    }
  }
  return {
    properties: { spec: { description: `What the ${kind.name} says.`, ...spec }, ...statusProperty },
    ...(isEmptySpecRefused(kind) ? { required: ['spec'] } : {}),
  }
}

/** An absent spec is an empty one to readers. */
function isEmptySpecRefused({ spec }: Kind): boolean {
  let refused = (spec.required ?? []).length > 0
  checkRules(spec, {}, undefined, () => {
    refused = true
  })
  return refused
}

/** Kinds of the mesh have the mesh's status; of Kubernetes' kinds what the mesh reads, where it reads any. */
function statusSchema(kind: Kind): SchemaObject | undefined {
  if (kind.status !== undefined)
    return { description: 'What the mesh reads of the status.', ...schemaObject(kind.status) }
  if (!isMeshKind(kind)) return undefined
  return {
    description: 'What the control plane says of the object. Users do not write it.',
    ...schemaObject(meshStatus),
    'x-kubernetes-preserve-unknown-fields': true,
  }
}

/** Whether the kind is one that a cluster learns from us, and not one of Kubernetes' own. */
export const isMeshKind = (kind: Pick<Kind, 'group'>): boolean => kind.group.endsWith('.istio.io')
