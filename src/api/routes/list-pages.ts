/** Pages of lists: all of them show one revision, that of the first. */

import type { ConfigAccess } from '../../config/store/config-access.ts'
import type { ObjectId } from '../../config/store/config-store.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import { revisionFrom } from '../objects/authored-object.ts'
import { invalidQuery, type ObjectRequest } from './object-request.ts'

export interface Page {
  readonly at?: number
  readonly after?: ObjectId
  readonly limit?: number
  /** With the objects of files that were refused. */
  readonly withRefused?: boolean
}

/** The rest of a list whose revision is not kept any more may still be read as it is now: the refusal says from where. */
export function goingOn<T>(page: Page, collected: () => T): T {
  try {
    return collected()
  } catch (thrown) {
    const error = errorFrom(thrown)
    if (error.code !== 'REVISION_COMPACTED' || page.after === undefined) throw thrown
    throw new MeshwrightError('REVISION_COMPACTED', {
      message: error.message,
      remedy: 'List again, or go on with the token of this answer: what changed in between is then seen in part.',
      facts: { ...error.facts, continue: continueToken(undefined, page.after, page.withRefused === true) },
    })
  }
}

/**
 * Where a list begins: `resourceVersionMatch=Exact` reads an earlier state, everything else the newest, which is not older
 * than any revision that a caller can know. https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
export function startOf(access: Pick<ConfigAccess, 'revision'>, query: URLSearchParams): Page {
  const match = query.get('resourceVersionMatch') ?? ''
  const given = query.get('resourceVersion') ?? ''
  if (!['', 'Exact', 'NotOlderThan'].includes(match))
    throw invalidQuery('resourceVersionMatch', 'Exact or NotOlderThan')
  if (match !== '' && given === '') throw invalidQuery('resourceVersion', 'beside resourceVersionMatch a revision')
  const at = revisionFrom(given)
  if (match === 'Exact') {
    if (at === undefined) throw invalidQuery('resourceVersion', 'for Exact a revision other than 0')
    return { at }
  }
  if (at !== undefined && at > access.revision()) throw tooNew(at, access.revision())
  return { withRefused: true }
}

const tooNew = (revision: number, newest: number): MeshwrightError =>
  new MeshwrightError('REVISION_UNKNOWN', {
    message: `Too large resource version: ${revision}, current: ${newest}`,
    retryAfterMs: 1000,
  })

/** `at` undefined: the newest revision, whichever that is then. */
export const continueToken = (at: number | undefined, { namespace, name }: ObjectId, withRefused: boolean): string =>
  Buffer.from(JSON.stringify({ at, namespace, name, withRefused })).toString('base64url')

export function continueFrom(token: string, { served }: ObjectRequest): Page {
  const fault = invalidQuery('continue', 'what a list has answered')
  let read: { at?: unknown; namespace?: unknown; name?: unknown; withRefused?: unknown }
  try {
    read = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as typeof read
  } catch {
    throw fault
  }
  const { at, namespace, name, withRefused } = read ?? {}
  if (
    (at !== undefined && !(typeof at === 'number' && Number.isSafeInteger(at))) ||
    typeof namespace !== 'string' ||
    typeof name !== 'string'
  ) {
    throw fault
  }
  return {
    ...(at === undefined ? {} : { at }),
    after: { kind: served.kind.name, namespace, name },
    withRefused: withRefused === true,
  }
}
