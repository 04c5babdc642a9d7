/** What every request for objects says in its path and query. */

import type { RouteAnswer, RouteRequest } from '../../admin/routes/route.ts'
import { methodNotAllowed } from '../../admin/routes.ts'
import type { KindName } from '../../config/object.ts'
import type { Problem } from '../../config/problem.ts'
import { printable, textOfProblem } from '../../config/problem.ts'
import type { ObjectId } from '../../config/store/config-store.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { yamlLibrary } from '../../platform/late-libraries.ts'
import { type Accepted, acceptedFrom } from '../media-type.ts'
import { isSecret } from '../objects/shown-object.ts'
import { apiVersionOf, type ServedKind, servedAt } from '../resources/served-kinds.ts'

export interface ObjectRequest {
  readonly request: RouteRequest
  readonly served: ServedKind
  /** Undefined: all of them, or a kind without. */
  readonly namespace: string | undefined
  /** Undefined in requests for collections. */
  readonly name: string | undefined
}

/** Throws `PATH_UNKNOWN`. */
export function objectRequest(request: RouteRequest): ObjectRequest {
  const { group = '', version = 'v1', plural = '', namespace, name } = request.parameters
  const served = servedAt(apiVersionOf(group, version), plural)
  if (
    served?.kind.scope === 'namespaced' &&
    namespace === undefined &&
    name === undefined &&
    request.method !== 'GET'
  ) {
    throw methodNotAllowed(request.method, printable(request.path), 'GET, HEAD')
  }
  // A kind without namespaces is nowhere inside of one, and an object of a kind that has them is nowhere outside.
  const fits =
    served !== undefined &&
    (served.kind.scope === 'cluster' ? namespace === undefined : namespace !== undefined || name === undefined)
  if (served === undefined || !fits) {
    throw new MeshwrightError('PATH_UNKNOWN', { message: `the server has no resource at ${printable(request.path)}` })
  }
  return { request, served, namespace, name }
}

/** Of a request for one object. */
export const objectIdOf = ({ served, namespace = '', name = '' }: ObjectRequest): ObjectId => ({
  kind: served.kind.name,
  namespace,
  name,
})

export function notFound({ kind, namespace, name }: ObjectId, served: ServedKind): MeshwrightError {
  return new MeshwrightError('OBJECT_UNKNOWN', {
    message: `${served.kind.plural}${served.group === '' ? '' : `.${served.group}`} ${JSON.stringify(name)} not found`,
    facts: { kind: served.kind.plural, namespace, name, group: served.group, objectKind: kind },
  })
}

/** Whoever is shown a Secret stands in the audit trail. */
export function auditSecret({ request, served }: ObjectRequest, subjects: readonly ObjectId[]): void {
  if (isSecret(served)) request.audit(subjects.map(formatSubject))
}

export const formatSubject = ({ kind, namespace, name }: { kind: KindName; namespace: string; name: string }): string =>
  `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`

/** Throws `REQUEST_INVALID` where the query has `dryRun` with another value than `All`. */
export function isDryRun(query: URLSearchParams): boolean {
  const given = query.getAll('dryRun').filter(value => value !== '')
  if (given.some(value => value !== 'All')) throw invalidQuery('dryRun', 'All')
  return given.length > 0
}

/** Throws `REQUEST_INVALID`. */
export function flagFrom(query: URLSearchParams, name: string): boolean {
  const given = query.get(name)
  if (given === null || given === '' || given === 'false' || given === '0') return given === ''
  if (given === 'true' || given === '1') return true
  throw invalidQuery(name, 'true or false')
}

/** Throws `REQUEST_INVALID`. */
export function countFrom(query: URLSearchParams, name: string): number | undefined {
  const given = query.get(name)
  if (given === null || given === '') return undefined
  if (!/^\d{1,9}$/.test(given)) throw invalidQuery(name, 'a whole number')
  return Number(given)
}

export function invalidQuery(name: string, wanted: string): MeshwrightError {
  return new MeshwrightError('REQUEST_INVALID', { message: `${name}: ${wanted} is needed` })
}

export function acceptedBy({ headers }: RouteRequest): Accepted {
  return acceptedFrom(headers.accept)
}

/** In the encoding that the caller accepts. */
export function encoded(value: unknown, { encoding }: Accepted, status = 200): RouteAnswer {
  return encoding === 'yaml'
    ? {
        status,
        contentType: 'application/yaml',
        body: yamlLibrary().stringify(value, { aliasDuplicateObjects: false }),
      }
    : { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` }
}

/** RFC 9111 section 5.5 (`299 - "text"`), which kubectl prints. What is not of `subject` itself names its object. */
export function withWarnings(
  answer: RouteAnswer,
  warnings: readonly Problem[],
  subject: ObjectId | undefined,
): RouteAnswer {
  if (warnings.length === 0) return answer
  const left = warnings.length - mostWarnings
  const said = warnings.slice(0, mostWarnings).map(warning => warningText(warning, subject))
  const texts = [...said, ...(left > 0 ? [`and ${left} more`] : [])].map(text => {
    // What a header cannot hold is written as JSON escapes it.
    const quoted = JSON.stringify(text).replaceAll(
      /[^\x20-\x7e]/g,
      character => `\\\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    return `299 - ${quoted}`
  })
  return { ...answer, headers: { ...answer.headers, warning: texts } }
}

function warningText(warning: Problem, subject: ObjectId | undefined): string {
  const { code, kind, namespace = '', name, ...rest } = warning
  const isSubject = kind === subject?.kind && namespace === subject?.namespace && name === subject?.name
  const ending = code === undefined ? '' : ` [${code}]`
  return textOfProblem(isSubject ? rest : warning).slice(0, longestWarning - ending.length) + ending
}

const mostWarnings = 20
const longestWarning = 400
