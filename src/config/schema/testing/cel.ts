/** CEL as an API server evaluates it in `x-kubernetes-validations`, for tests: what readers decide is compared with it. */

import { Environment } from '@marcbachmann/cel-js'
import type { SchemaObject } from '../../openapi/schema-object.ts'

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-url-library */
class Url {
  readonly url: URL
  constructor(url: URL) {
    this.url = url
  }
}

const environment = new Environment({ unlistedVariablesAreDyn: true })
  .registerVariable('self', 'dyn')
  .registerType('Url', Url)
  .registerFunction(
    'isURL(string): bool',
    (text: string) => /^[a-z][a-z0-9+.-]*:\/\/./i.test(text) && URL.canParse(text),
  )
  .registerFunction('url(string): Url', (text: string) => new Url(new URL(text)))
  .registerFunction('Url.getScheme(): string', (self: Url) => self.url.protocol.slice(0, -1))

const parsed = new Map<string, (context: { self: unknown }) => unknown>()

/** Whether the rule holds for a value of that schema; a rule that cannot be evaluated does not, as on an API server. */
export function celHolds(rule: string, value: unknown, schema: SchemaObject): boolean {
  let evaluate = parsed.get(rule)
  if (evaluate === undefined) {
    evaluate = environment.parse(rule)
    parsed.set(rule, evaluate)
  }
  try {
    return evaluate({ self: celValue(value, schema) }) === true
  } catch (error) {
    // What the library cannot read would be a rule that refuses everything, and no comparison would tell.
    if (error instanceof Error && /found no matching overload|Unknown variable|unsupported/i.test(error.message))
      throw error
    return false
  }
}

/** JSON knows one kind of number, CEL three. */
function celValue(value: unknown, schema: SchemaObject): unknown {
  if (typeof value === 'number') return schema.type === 'integer' ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(item => celValue(item, schema.items ?? {}))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      celValue(item, schema.properties?.[name] ?? schema.additionalProperties ?? {}),
    ]),
  )
}
