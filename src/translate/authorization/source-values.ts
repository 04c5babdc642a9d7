/**
 * The values by which a policy names callers, each as a condition.
 */

import { addressRangeFrom } from './address-range.ts'
import { allOf, anyOf, type Condition } from './condition.ts'
import { doubtful, type PolicyContext } from './policy-context.ts'
import { literal, syntax, type TextMatcher, textMatcherFrom, withPrefix } from './text-matcher.ts'

/** Where RequestAuthentication leaves a token's payload. */
const jwtFilter = 'envoy.filters.http.jwt_authn'
const scheme = 'spiffe://'

/** `TRUST-DOMAIN/ns/NS/sa/SA` without the scheme; a value in any of the mesh's trust domains means all of them. */
export function principal(value: string, context: PolicyContext): Condition {
  if (value === '*') return { kind: 'peer', text: { kind: 'prefix', text: scheme } }
  const forms = trustDomainForms(value, context.trustDomains).map(textMatcherFrom)
  return anyOf(
    forms.map(form => ({
      kind: 'peer',
      // Every URI begins with the scheme, and ends as the value does.
      text: form.kind === 'suffix' ? form : withPrefix(scheme, form),
    })),
  )
}

export function namespace(value: string, context: PolicyContext): Condition {
  const matcher = textMatcherFrom(value)
  if (isOwnOnly(context)) return inOwnDomains(context, domain => ownNamespace(domain, matcher))
  // A namespace may be called `ns`, and has `/ns/sa/` in its identities: a permission for `sa` must not take it for that.
  const isNarrow = context.sense === 'narrow'
  switch (matcher.kind) {
    case 'exact':
      return { kind: 'peer', text: { kind: 'contains', text: `/ns/${matcher.text}/${isNarrow ? 'sa/' : ''}` } }
    case 'prefix':
      return isNarrow
        ? { kind: 'peer', text: pattern(syntax('[^/]*//[^/]*/ns/'), literal(matcher.text), syntax('[^/]*/sa/.*')) }
        : { kind: 'peer', text: { kind: 'contains', text: `/ns/${matcher.text}` } }
    case 'suffix':
      return isNarrow
        ? { kind: 'peer', text: pattern(syntax('[^/]*//[^/]*/ns/[^/]*'), literal(matcher.text), syntax('/sa/.*')) }
        : { kind: 'peer', text: pattern(syntax('.*/ns/[^/]*'), literal(matcher.text), syntax('/.*')) }
    default:
      return { kind: 'peer', text: pattern(syntax('.*/ns/[^/]+/.*')) }
  }
}

/** `NAMESPACE/SERVICE-ACCOUNT`, or a service account of the policy's own namespace. No wildcards. */
export function serviceAccount(value: string, context: PolicyContext): Condition {
  const [first = '', second] = value.split('/')
  const [ns, name] = second === undefined ? [context.namespace, first] : [first, second]
  const path = `/ns/${ns}/sa/${name}`
  if (isOwnOnly(context)) return inOwnDomains(context, domain => ({ kind: 'exact', text: `${scheme}${domain}${path}` }))
  return { kind: 'peer', text: { kind: 'suffix', text: path } }
}

const isOwnOnly = ({ unnamed, sense }: PolicyContext): boolean => unnamed === 'own' && sense === 'narrow'

const inOwnDomains = ({ trustDomains }: PolicyContext, of: (trustDomain: string) => TextMatcher): Condition =>
  anyOf(trustDomains.map(domain => ({ kind: 'peer', text: of(domain) })))

function ownNamespace(trustDomain: string, matcher: TextMatcher): TextMatcher {
  const start = `${scheme}${trustDomain}/ns/`
  switch (matcher.kind) {
    case 'exact':
      return { kind: 'prefix', text: `${start}${matcher.text}/` }
    case 'prefix':
      return { kind: 'prefix', text: start + matcher.text }
    case 'suffix':
      return pattern(literal(start), syntax('[^/]*'), literal(matcher.text), syntax('/.*'))
    default:
      return { kind: 'prefix', text: start }
  }
}

export function trustDomain(value: string, context: PolicyContext): Condition {
  const domains = isOwn(value, context.trustDomains) ? context.trustDomains : [value]
  return anyOf(
    domains.map(domain => {
      const matcher = textMatcherFrom(domain)
      if (matcher.kind === 'exact') return { kind: 'peer', text: { kind: 'prefix', text: `${scheme}${domain}/` } }
      const text = 'text' in matcher ? [literal(matcher.text)] : []
      const rest = syntax('[^/]*')
      const parts =
        matcher.kind === 'suffix' ? [rest, ...text] : matcher.kind === 'prefix' ? [...text, rest] : [syntax('[^/]+')]
      return { kind: 'peer', text: pattern(literal(scheme), ...parts, syntax('/.*')) }
    }),
  )
}

export type AddressOf = 'direct-ip' | 'remote-ip' | 'destination-ip'

export const ipBlock =
  (kind: AddressOf) =>
  (value: string, context: PolicyContext): Condition => {
    const range = addressRangeFrom(value)
    return range === undefined ? doubtful(context) : { kind, ...range }
  }

/** `ISSUER/SUBJECT` of a validated token, either of which may be matched in part. The subject has no `/`. */
export function requestPrincipal(value: string, context: PolicyContext): Condition {
  if (value === '*') return allOf([claim('iss', '*'), claim('sub', '*')])
  const slash = value.lastIndexOf('/')
  // `*ject`: the end of a subject, whatever the issuer.
  if (slash < 0 && value.startsWith('*')) return allOf([claim('iss', '*'), claim('sub', value)])
  const split = slash < 0 ? [] : [claim('iss', value.slice(0, slash)), claim('sub', value.slice(slash + 1))]
  // `https://issu*` may end within the issuer (which has slashes of its own) as well as within the subject.
  if (value.endsWith('*') && !value.endsWith('/*')) {
    const issuer = allOf([claim('iss', value), claim('sub', '*')])
    return anyOf(slash < 0 ? [issuer] : [issuer, allOf(split)])
  }
  return slash < 0 ? doubtful(context) : allOf(split)
}

export function claim(name: string, value: string): Condition {
  return { kind: 'metadata', filter: jwtFilter, path: ['payload', name], text: textMatcherFrom(value), list: false }
}

/** A claim that may be nested, and may be text or a list of texts. */
export function claimAt(path: readonly string[], value: string): Condition {
  const base = {
    kind: 'metadata',
    filter: jwtFilter,
    path: ['payload', ...path],
    text: textMatcherFrom(value),
  } as const
  return anyOf([
    { ...base, list: true },
    { ...base, list: false },
  ])
}

function trustDomainForms(value: string, trustDomains: readonly string[]): readonly string[] {
  const slash = value.indexOf('/')
  if (slash < 0 || !isOwn(value.slice(0, slash), trustDomains)) return [value]
  return trustDomains.map(domain => domain + value.slice(slash))
}

/** `cluster.local` always means the mesh's own trust domain. */
const isOwn = (domain: string, trustDomains: readonly string[]): boolean =>
  domain === 'cluster.local' || trustDomains.includes(domain)

const pattern = (...parts: readonly (ReturnType<typeof literal> | ReturnType<typeof syntax>)[]) =>
  ({ kind: 'pattern', parts }) as const
