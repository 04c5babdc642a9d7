/**
 * What the role of a caller lets it do, in the words of Kubernetes' access reviews. It only tells; what decides is the
 * table of endpoints (admin/authorize.ts), with which a test compares it.
 */

import { mayEdit, type Role } from '../../admin/access/role.ts'
import type { Kind } from '../../config/kinds/kind.ts'
import { servedKinds } from '../resources/served-kinds.ts'

export interface Attributes {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource: string
  /** `''`: all of them, or a kind without. */
  readonly namespace: string
}

export interface Answer {
  readonly allowed: boolean
  readonly reason: string
}

/** https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-rules-review-v1/ */
export interface ResourceRule {
  readonly verbs: readonly string[]
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
}

const readVerbs = ['get', 'list', 'watch'] as const
const writeVerbs = ['create', 'delete', 'deletecollection', 'patch', 'update'] as const
const ownGroup = 'config.meshwright.io'
/** Paths of discovery, which whoever has a credential may read. */
export const openPaths = ['/api', '/api/*', '/apis', '/apis/*', '/openapi/*', '/openapi.json', '/version'] as const

/** `*` asks for everything of its sort. */
export function mayDo(role: Role, attributes: Attributes): Answer {
  const asked = kindsAsked(attributes)
  if (asked === 'unknown') return no('the daemon has no such resource')
  const [wanted, known] = verbsAsked(attributes)
  if (!known) return no(`${attributes.verb} is nothing that can be done to it`)
  const isWrite = wanted.some(verb => isOneOf(writeVerbs, verb))
  if (!isWrite) return yes(asked.some(isSecret) && !mayEdit(role, attributes.namespace) ? 'without its contents' : '')
  // What belongs to no namespace, and what is to be done in all of them, is for admins.
  const isOfNamespace = attributes.namespace !== '' && asked.every(({ scope }) => scope === 'namespaced')
  if (mayEdit(role, isOfNamespace ? attributes.namespace : '')) return yes('')
  return no(isOfNamespace ? `that needs an editor of ${attributes.namespace}` : 'that needs an admin')
}

export function mayRead(role: Role, path: string, verb: string): Answer {
  const isOpen = openPaths.some(open => (open.endsWith('*') ? path.startsWith(open.slice(0, -1)) : path === open))
  if (role.kind === 'admin' || (isOpen && (verb === 'get' || verb === 'head'))) return yes('')
  return no('that needs an admin')
}

/** All that the role may do in one namespace. */
export function rulesIn(role: Role, namespace: string): readonly ResourceRule[] {
  if (role.kind === 'admin') return [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]
  const groups = [...new Set(servedKinds.map(({ group }) => group))]
  return groups.flatMap(group => {
    const of = (accept: (kind: Kind) => boolean): readonly string[] => [
      ...new Set(servedKinds.filter(one => one.group === group && accept(one.kind)).map(({ kind }) => kind.plural)),
    ]
    const rule = (verbs: readonly string[], resources: readonly string[]): readonly ResourceRule[] =>
      resources.length === 0 ? [] : [{ verbs, apiGroups: [group], resources }]
    if (!mayEdit(role, namespace))
      return rule(
        readVerbs,
        of(() => true),
      )
    return [
      ...rule(
        [...readVerbs, ...writeVerbs],
        of(({ scope }) => scope === 'namespaced'),
      ),
      ...rule(
        readVerbs,
        of(({ scope }) => scope === 'cluster'),
      ),
    ]
  })
}

type Asked = Pick<Kind, 'scope' | 'plural'>

const transactions: Asked = { plural: 'transactions', scope: 'namespaced' }
const revisions: Asked = { plural: 'revisions', scope: 'cluster' }

function kindsAsked({ group, resource }: Attributes): readonly Asked[] | 'unknown' {
  const own = group === ownGroup ? [transactions, revisions] : []
  const of = servedKinds.filter(served => group === '*' || served.group === group).map(({ kind }) => kind)
  const found = [...of, ...own].filter(({ plural }) => resource === '*' || plural === resource)
  return found.length === 0 ? 'unknown' : found
}

function verbsAsked({ verb, subresource }: Attributes): readonly [readonly string[], boolean] {
  if (subresource === 'status' || subresource === 'history') return [['get'], verb === 'get']
  if (subresource !== '' && subresource !== '*') return [[], false]
  if (verb === '*') return [[...readVerbs, ...writeVerbs], true]
  return [[verb], isOneOf(readVerbs, verb) || isOneOf(writeVerbs, verb)]
}

const isSecret = ({ plural }: Asked): boolean => plural === 'secrets'
const isOneOf = (verbs: readonly string[], verb: string): boolean => verbs.includes(verb)
const yes = (reason: string): Answer => ({ allowed: true, reason })
const no = (reason: string): Answer => ({ allowed: false, reason })
