/** What a policy asks of a request or connection: a tree that Envoy's RBAC and an evaluator can both walk. */

import type { TextMatcher } from './text-matcher.ts'

export type Condition =
  | { readonly kind: 'any' }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | SourceCondition
  | OperationCondition

/** Asked of who calls. */
export type SourceCondition =
  /** A URI SAN of the peer's certificate. False without mutual TLS. */
  | { readonly kind: 'peer'; readonly text: TextMatcher }
  | { readonly kind: 'direct-ip' | 'remote-ip'; readonly address: string; readonly prefixLength: number }

/** Asked of what is called. */
export type OperationCondition =
  | { readonly kind: 'header'; readonly name: string; readonly text: TextMatcher }
  /** The path without its query. */
  | { readonly kind: 'path'; readonly text: TextMatcher }
  /** Envoy's URI template: `*` is one segment, `**` any number. */
  | { readonly kind: 'path-template'; readonly template: string }
  | { readonly kind: 'destination-ip'; readonly address: string; readonly prefixLength: number }
  | { readonly kind: 'destination-port'; readonly port: number }
  | { readonly kind: 'server-name'; readonly text: TextMatcher }
  /** Dynamic metadata; `list`: one element of a list at that path matches. */
  | {
      readonly kind: 'metadata'
      readonly filter: string
      readonly path: readonly string[]
      readonly text: TextMatcher
      readonly list: boolean
    }

export const anything: Condition = Object.freeze({ kind: 'any' })
export const nothing: Condition = Object.freeze({ kind: 'not', of: anything })

export function allOf(conditions: readonly Condition[]): Condition {
  const of = conditions.filter(condition => condition.kind !== 'any')
  return of.length === 0 ? anything : of.length === 1 && of[0] !== undefined ? of[0] : { kind: 'and', of }
}

/** Of no conditions none is true. */
export function anyOf(conditions: readonly Condition[]): Condition {
  if (conditions.some(condition => condition.kind === 'any')) return anything
  return conditions.length === 0
    ? nothing
    : conditions.length === 1 && conditions[0] !== undefined
      ? conditions[0]
      : { kind: 'or', of: conditions }
}

export const noneOf = (conditions: readonly Condition[]): Condition => ({ kind: 'not', of: anyOf(conditions) })
