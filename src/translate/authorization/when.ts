/** `when` of a rule: further questions by key. https://istio.io/latest/docs/reference/config/security/conditions/ */

import type { AuthorizationCondition } from '../../config/kinds/authorization-policy.ts'
import { allOf, anyOf, type Condition } from './condition.ts'
import { listedIn } from './listed.ts'
import { port } from './operation.ts'
import { doubtful, type PolicyContext } from './policy-context.ts'
import {
  claim,
  claimAt,
  ipBlock,
  namespace,
  principal,
  requestPrincipal,
  serviceAccount,
  trustDomain,
} from './source-values.ts'
import { type TextMatcher, textMatcherFrom } from './text-matcher.ts'

/** A condition and the side of Envoy's RBAC that can ask it. */
export interface SidedCondition {
  readonly side: 'principal' | 'permission'
  readonly condition: Condition
}

interface Question {
  readonly side: SidedCondition['side']
  readonly layers: 'http' | 'both'
  readonly of: (value: string, context: PolicyContext) => Condition
}

/** An unknown key is a question without an answer: it never allows and never keeps a denial from happening. */
export function whenCondition(when: AuthorizationCondition, context: PolicyContext): SidedCondition {
  const question = questionOf(when.key)
  if (question === undefined) return { side: 'principal', condition: doubtful(context) }
  if (question.layers === 'http' && context.layer === 'tcp') return { side: question.side, condition: allOf([]) }
  return { side: question.side, condition: allOf(listedIn(context)(when.values, when.notValues, question.of)) }
}

export const isAboutTrustDomains = ({ key }: AuthorizationCondition): boolean => key === 'source.trustDomain'

export const whenAsksHttp = (when: AuthorizationCondition): boolean => questionOf(when.key)?.layers === 'http'

function questionOf(key: string): Question | undefined {
  const plain = plainQuestions.get(key)
  if (plain !== undefined) return plain
  const [, name, rest] = /^([a-z.]+)((?:\[[^[\]]*\])+)$/.exec(key) ?? []
  if (rest === undefined) return experimental(key)
  const path = [...rest.matchAll(/\[([^[\]]*)\]/g)].map(match => match[1] ?? '')
  if (name === 'request.headers' && path.length === 1) return headerQuestion(path[0] ?? '')
  if (name === 'request.auth.claims') {
    return { side: 'principal', layers: 'http', of: value => claimAt(path, value) }
  }
  return experimental(key)
}

const plainQuestions: ReadonlyMap<string, Question> = new Map<string, Question>([
  ['source.ip', { side: 'principal', layers: 'both', of: ipBlock('direct-ip') }],
  ['remote.ip', { side: 'principal', layers: 'both', of: ipBlock('remote-ip') }],
  ['source.namespace', { side: 'principal', layers: 'both', of: namespace }],
  ['source.serviceAccount', { side: 'principal', layers: 'both', of: serviceAccount }],
  ['source.trustDomain', { side: 'principal', layers: 'both', of: trustDomain }],
  ['source.principal', { side: 'principal', layers: 'both', of: principal }],
  ['request.auth.principal', { side: 'principal', layers: 'http', of: requestPrincipal }],
  ['request.auth.audiences', { side: 'principal', layers: 'http', of: value => claimAt(['aud'], value) }],
  ['request.auth.presenter', { side: 'principal', layers: 'http', of: value => claim('azp', value) }],
  ['destination.ip', { side: 'permission', layers: 'both', of: ipBlock('destination-ip') }],
  ['destination.port', { side: 'permission', layers: 'both', of: port }],
  [
    'connection.sni',
    { side: 'permission', layers: 'both', of: value => ({ kind: 'server-name', text: textMatcherFrom(value) }) },
  ],
])

function headerQuestion(name: string): Question {
  const header = (text: TextMatcher): Condition => ({ kind: 'header', name: name.toLowerCase(), text })
  return {
    side: 'principal',
    layers: 'http',
    of: (value, { sense }) => {
      const text = textMatcherFrom(value)
      return sense === 'wide' ? anyOf([text, ...asListItem(text)].map(header)) : header(text)
    },
  }
}

/**
 * The value as one of several in a single header, with or without a space behind the comma. Envoy looks at repeated
 * headers one by one; a denial must find the value in a list too.
 */
function asListItem(text: TextMatcher): readonly TextMatcher[] {
  const contains = (item: string): TextMatcher => ({ kind: 'contains', text: item })
  switch (text.kind) {
    case 'exact': {
      const first: TextMatcher = { kind: 'prefix', text: `${text.text},` }
      const later = [`,${text.text}`, `, ${text.text}`]
      return [first, ...later.flatMap((item): TextMatcher[] => [{ kind: 'suffix', text: item }, contains(`${item},`)])]
    }
    case 'prefix':
      return [contains(`,${text.text}`), contains(`, ${text.text}`)]
    case 'suffix':
      return [contains(`${text.text},`)]
    default:
      return []
  }
}

/** `experimental.envoy.filters.NAME[KEY]`: dynamic metadata of a filter. `[a,b]` as a value: the list holds one of them. */
function experimental(key: string): Question | undefined {
  const [, filter, name] = /^experimental\.(envoy\.filters\.[^[\]]+)\[([^[\]]+)\]$/.exec(key) ?? []
  if (filter === undefined || name === undefined) return undefined
  return {
    side: 'permission',
    layers: filter.startsWith('envoy.filters.http.') ? 'http' : 'both',
    of: value => {
      const list = value.startsWith('[') && value.endsWith(']')
      const text = textMatcherFrom(list ? value.slice(1, -1) : value)
      return { kind: 'metadata', filter, path: [name], text, list }
    },
  }
}
