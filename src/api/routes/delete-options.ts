/** What a body may say of a deletion. */

import { MeshwrightError } from '../../platform/errors.ts'
import { isObject, objectAt, textAt } from '../json-value.ts'
import { revisionFrom } from '../objects/authored-object.ts'
import { bodyFrom } from './object-body.ts'
import { invalidQuery, type ObjectRequest } from './object-request.ts'

export interface DeleteOptions {
  readonly dryRun: boolean
  readonly resourceVersion?: number
  readonly uid?: string
}

/** Throws `REQUEST_INVALID`. */
export function deleteOptionsFrom(target: ObjectRequest): DeleteOptions {
  const { body } = target.request
  if (!Buffer.isBuffer(body) || body.length === 0) return { dryRun: false }
  const options = bodyFrom(target)
  if (!isObject(options)) throw new MeshwrightError('REQUEST_INVALID', { message: 'the body is no DeleteOptions' })
  const { dryRun } = options
  if (dryRun !== undefined && !(Array.isArray(dryRun) && dryRun.every(value => value === 'All'))) {
    throw invalidQuery('dryRun', 'a list of All')
  }
  const preconditions = objectAt(options, 'preconditions') ?? {}
  const resourceVersion = revisionFrom(preconditions.resourceVersion)
  const uid = textAt(preconditions, 'uid')
  return {
    dryRun: Array.isArray(dryRun) && dryRun.length > 0,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(uid === undefined ? {} : { uid }),
  }
}
