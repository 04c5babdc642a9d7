/** `when` of an AuthorizationPolicy: an attribute and the values it must or must not have. */

import type { AuthorizationCondition } from './authorization-policy.ts'
import { isIpOrCidr, isPortText } from './host-syntax.ts'
import type { Report } from './kind.ts'

export function checkCondition(condition: AuthorizationCondition, field: string, report: Report): void {
  const { key } = condition
  const form = attributeForm(key)
  if (form === undefined) {
    report.error(
      `${field}.key`,
      `'${key}' is not an attribute`,
      `use one of ${[...attributes.keys(), ...keyed.map(name => `${name}[…]`)].join(', ')}`,
    )
    return
  }
  if (form === 'keyed' && !/^[a-z.]+(?:\[[^[\]]+\])+$/.test(key) && !key.startsWith(filterPrefix)) {
    report.error(`${field}.key`, `'${key}' does not name one`, `write ${key.split('[', 1)[0]}[name]`)
  }
  if ((condition.values ?? []).length + (condition.notValues ?? []).length === 0)
    report.error(field, `asks nothing of ${key}`, 'set values or notValues')
  for (const name of ['values', 'notValues'] as const) {
    for (const [index, value] of (condition[name] ?? []).entries()) {
      const fault = valueFault(value, form)
      if (fault !== undefined) report.error(`${field}.${name}[${index}]`, fault)
    }
  }
}

type Form = 'text' | 'address' | 'port' | 'keyed'

const attributes: ReadonlyMap<string, Form> = new Map([
  ['source.ip', 'address'],
  ['remote.ip', 'address'],
  ['source.namespace', 'text'],
  ['source.principal', 'text'],
  ['source.serviceAccount', 'text'],
  ['source.trustDomain', 'text'],
  ['request.auth.principal', 'text'],
  ['request.auth.audiences', 'text'],
  ['request.auth.presenter', 'text'],
  ['destination.ip', 'address'],
  ['destination.port', 'port'],
  ['connection.sni', 'text'],
])

const filterPrefix = 'experimental.envoy.filters.'
const keyed: readonly string[] = ['request.headers', 'request.auth.claims', filterPrefix]

const attributeForm = (key: string): Form | undefined =>
  attributes.get(key) ??
  (keyed.some(prefix => key === prefix || key.startsWith(prefix === filterPrefix ? prefix : `${prefix}[`))
    ? 'keyed'
    : undefined)

function valueFault(value: string, form: Form): string | undefined {
  if (value === '') return 'is empty, which matches nothing'
  if (form === 'address' && !isIpOrCidr(value)) return `'${value}' is neither an IP address nor a CIDR range`
  if (form === 'port' && !isPortText(value)) return `'${value}' is not a port`
  return undefined
}
