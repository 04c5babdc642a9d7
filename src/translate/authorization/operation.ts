/** `to.operation` of a rule: what is called. */

import type { AuthorizationOperation } from '../../config/kinds/authorization-policy.ts'
import { allOf, anyOf, type Condition } from './condition.ts'
import { isGiven, listedIn } from './listed.ts'
import { doubtful, type PolicyContext } from './policy-context.ts'
import { literal, syntax, type TextMatcher, textMatcherFrom } from './text-matcher.ts'

/** Fields that only HTTP can answer are left out on TCP: `operationAsksHttp` tells whether there are any. */
export function operationCondition(operation: AuthorizationOperation, context: PolicyContext): Condition {
  const all = listedIn(context)
  const http =
    context.layer === 'tcp'
      ? []
      : [
          ...all(operation.hosts, operation.notHosts, host),
          ...all(operation.methods, operation.notMethods, method),
          ...all(operation.paths, operation.notPaths, path),
        ]
  return allOf([...http, ...all(operation.ports, operation.notPorts, port)])
}

export const operationAsksHttp = (operation: AuthorizationOperation): boolean =>
  [
    operation.hosts,
    operation.notHosts,
    operation.methods,
    operation.notMethods,
    operation.paths,
    operation.notPaths,
  ].some(isGiven)

export function port(value: string, context: PolicyContext): Condition {
  const number = Number(value)
  return /^\d{1,5}$/.test(value) && number >= 1 && number <= 65_535
    ? { kind: 'destination-port', port: number }
    : doubtful(context)
}

/**
 * Host names know no case, may end with a dot, and the authority may carry a port: all are the same host. Told by several
 * plain comparisons, because patterns cost Envoy more and are limited in size.
 */
function host(value: string): Condition {
  const matcher = textMatcherFrom(value)
  const authority = (kind: 'exact' | 'prefix' | 'suffix' | 'contains', text: string): Condition => ({
    kind: 'header',
    name: ':authority',
    text: { kind, text, ignoreCase: true },
  })
  switch (matcher.kind) {
    case 'exact': {
      const { text } = matcher
      // A value that itself names a port means that port only.
      if (text.includes(':')) return authority('exact', text)
      return anyOf([
        authority('exact', text),
        authority('prefix', `${text}:`),
        authority('exact', `${text}.`),
        authority('prefix', `${text}.:`),
      ])
    }
    case 'suffix': {
      const { text } = matcher
      if (text.includes(':')) return authority('suffix', text)
      return anyOf([
        authority('suffix', text),
        authority('contains', `${text}:`),
        authority('suffix', `${text}.`),
        authority('contains', `${text}.:`),
      ])
    }
    case 'prefix':
      return authority('prefix', matcher.text)
    default:
      return { kind: 'header', name: ':authority', text: matcher }
  }
}

const method = (value: string): Condition => ({ kind: 'header', name: ':method', text: textMatcherFrom(value) })

/** `{*}` stands for one segment and `{**}` for any number; otherwise `*` at an end, as everywhere. */
function path(value: string, { sense, slashes }: PolicyContext): Condition {
  if (/\{\*\*?\}/.test(value)) {
    return { kind: 'path-template', template: value.replaceAll('{**}', '**').replaceAll('{*}', '*') }
  }
  const text = textMatcherFrom(value)
  const literally: Condition = { kind: 'path', text }
  if (sense === 'narrow' || slashes === 'merged') return literally
  const loosely = looseSlashes(text)
  return loosely === undefined ? literally : anyOf([literally, { kind: 'path', text: loosely }])
}

/** `//secret` and `/a%2Fsecret` are other paths to Envoy, but the same to many an application: a denial must hold for them. */
function looseSlashes(text: TextMatcher): TextMatcher | undefined {
  if (text.kind !== 'exact' && text.kind !== 'prefix' && text.kind !== 'suffix') return undefined
  const segments = text.text.split('/')
  if (segments.length === 1) return undefined
  const slash = syntax('(?:/|%2[Ff])+')
  const rest = syntax('.*')
  const path = segments.flatMap((segment, index) => [...(index === 0 ? [] : [slash]), literal(segment)])
  return {
    kind: 'pattern',
    parts: [...(text.kind === 'suffix' ? [rest] : []), ...path, ...(text.kind === 'prefix' ? [rest] : [])],
  }
}
