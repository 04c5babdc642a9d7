/** `Headers` of a route or destination. The authority is no header to Envoy: setting it is a rewrite. */

import { type HeaderOperations, isAuthority } from '../../config/kinds/header-operations.ts'
import { byText } from '../../config/meaning/seniority.ts'
import type { HeaderChanges, HeaderValue } from './ir.ts'

export interface HeaderChangesOf {
  readonly requestHeaders: HeaderChanges
  readonly responseHeaders: HeaderChanges
  readonly authority?: string
}

export function headerChangesFrom(headers: HeaderOperations | undefined): HeaderChangesOf {
  const authority = Object.entries<string>(headers?.request?.set ?? {}).find(([name]) => isAuthority(name))?.[1]
  return {
    requestHeaders: changes(headers?.request),
    responseHeaders: changes(headers?.response),
    ...(authority === undefined ? {} : { authority }),
  }
}

const changes = (operations: HeaderOperations['request']): HeaderChanges => ({
  set: values(operations?.set),
  add: values(operations?.add),
  remove: [...(operations?.remove ?? [])],
})

const values = (given: Readonly<Record<string, string>> | undefined): readonly HeaderValue[] =>
  Object.entries<string>(given ?? {})
    .filter(([name]) => !isAuthority(name))
    .sort(([a], [b]) => byText(a, b))
    .map(([name, value]) => ({ name, value }))
