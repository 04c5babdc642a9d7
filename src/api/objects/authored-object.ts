/** What a caller sent, as it is stored: where the path says, and without what the server alone says. */

import { isMeshKind } from '../../config/openapi/object-schema.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { isObject, type JsonObject, textAt, without } from '../json-value.ts'
import type { ServedKind } from '../resources/served-kinds.ts'

export interface Place {
  readonly served: ServedKind
  /** `''` for cluster-scoped kinds. */
  readonly namespace: string
  /** Undefined: the object names itself. */
  readonly name: string | undefined
}

export interface AuthoredObject {
  readonly name: string
  readonly object: JsonObject
  /** The revision that the caller says it has read; absent: any. */
  readonly resourceVersion?: number
  readonly uid?: string
}

/** `generateName` is told what makes a name of a prefix. Throws `REQUEST_INVALID`. */
export function authoredObject(body: unknown, place: Place, generateName?: (prefix: string) => string): AuthoredObject {
  const { served, namespace } = place
  if (!isObject(body)) throw invalid('the body is no object')
  requireSame('apiVersion', body.apiVersion, served.apiVersion)
  requireSame('kind', body.kind, served.kind.name)
  const metadata = body.metadata === undefined ? {} : body.metadata
  if (!isObject(metadata)) throw invalid('metadata: must be an object')
  const given = textAt(metadata, 'namespace') ?? ''
  if (given !== '' || namespace === '') requireSame('metadata.namespace', given === '' ? undefined : given, namespace)
  const name = nameOf(metadata, place, generateName)
  const resourceVersion = revisionFrom(metadata.resourceVersion)
  const uid = textAt(metadata, 'uid')
  const kept = without(metadata, 'name', 'namespace', ...ofServer)
  const object: JsonObject = {
    ...(isMeshKind(served.kind) ? without(body, 'status') : body),
    apiVersion: served.apiVersion,
    kind: served.kind.name,
    metadata: { name, ...(namespace === '' ? {} : { namespace }), ...kept },
  }
  return {
    name,
    object,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(uid === undefined || uid === '' ? {} : { uid }),
  }
}

const ofServer = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'selfLink',
  'deletionTimestamp',
  'generateName',
]

/** `''` and `0` say nothing, as in Kubernetes. Throws `REQUEST_INVALID`. */
export function revisionFrom(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '' || value === '0') return undefined
  if (typeof value !== 'string' || !/^[1-9]\d{0,14}$/.test(value))
    throw invalid('resourceVersion: is none of this server')
  return Number(value)
}

function nameOf(metadata: JsonObject, { name }: Place, generateName: ((prefix: string) => string) | undefined): string {
  const given = textAt(metadata, 'name') ?? ''
  if (name !== undefined) {
    requireSame('metadata.name', given === '' ? name : given, name)
    return name
  }
  if (given !== '') return given
  const prefix = textAt(metadata, 'generateName') ?? ''
  if (prefix === '' || generateName === undefined) throw invalid('metadata.name: name or generateName is required')
  return generateName(prefix)
}

function requireSame(field: string, given: unknown, wanted: string): void {
  if (given === undefined || given === wanted) return
  throw invalid(`${field}: is ${JSON.stringify(given)}, and the path says ${JSON.stringify(wanted)}`)
}

const invalid = (message: string): MeshwrightError => new MeshwrightError('REQUEST_INVALID', { message })
