/** Field selectors: `metadata.name=web,spec.nodeName!=a`. Which fields select is fixed for each kind, as in Kubernetes. */

import type { KindName } from '../../config/object.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { isObject, type JsonObject } from '../json-value.ts'

/** `object` as the API shows it, with its metadata. */
export type FieldSelector = (object: JsonObject) => boolean

const ofEveryKind = ['metadata.name', 'metadata.namespace'] as const
const ofKind: Readonly<Partial<Record<KindName, readonly string[]>>> = {
  Pod: ['spec.nodeName', 'spec.serviceAccountName', 'status.phase', 'status.podIP'],
  Service: ['spec.clusterIP', 'spec.type'],
}

/** Throws `REQUEST_INVALID`. */
export function parseFieldSelector(kind: KindName, text: string): FieldSelector {
  if (text.length > 4096) throw invalid('is longer than 4096 characters')
  const known: readonly string[] = [...ofEveryKind, ...(ofKind[kind] ?? [])]
  const requirements = text.split(',').flatMap(part => {
    if (part.trim() === '') return []
    const [, path = '', operator = '', value = ''] = /^\s*([\w.]+)\s*(==|=|!=)(.*)$/.exec(part) ?? []
    if (path === '') throw invalid(`${JSON.stringify(part)} is no requirement`)
    if (!known.includes(path)) throw invalid(`field label not supported: ${path}; ${kind} has ${known.join(', ')}`)
    const names = path.split('.')
    return [(object: JsonObject) => (textIn(object, names) === value) === (operator !== '!=')]
  })
  return object => requirements.every(holds => holds(object))
}

function textIn(object: JsonObject, names: readonly string[]): string {
  let value: unknown = object
  for (const name of names) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return value === undefined || value === null ? '' : String(value)
}

function invalid(reason: string): MeshwrightError {
  return new MeshwrightError('REQUEST_INVALID', { message: `fieldSelector: ${reason}` })
}
