/**
 * What an AuthorizationPolicy may say, beyond its form. A rule that can never match, or that matches more than it seems
 * to, is refused: here a slip of the pen is an open door.
 */

import { checkCondition } from './authorization-condition.ts'
import type {
  AuthorizationOperation,
  AuthorizationPolicySpec,
  AuthorizationRule,
  AuthorizationSource,
} from './authorization-policy.ts'
import { isIpOrCidr, isPortText } from './host-syntax.ts'
import type { Report } from './kind.ts'
import { checkPathTemplate } from './path-template.ts'
import { checkPolicyTarget } from './policy-target.ts'
import { checkSelector } from './workload-selector.ts'

export function checkAuthorizationPolicy(spec: AuthorizationPolicySpec, report: Report): void {
  if (spec.selector !== undefined) checkSelector(spec.selector.matchLabels, 'spec.selector', report)
  if (spec.targetRef !== undefined) checkPolicyTarget(spec.targetRef, 'spec.targetRef', report)
  for (const [index, target] of (spec.targetRefs ?? []).entries())
    checkPolicyTarget(target, `spec.targetRefs[${index}]`, report)
  checkAction(spec, report)
  for (const [index, rule] of (spec.rules ?? []).entries()) {
    const field = `spec.rules[${index}]`
    checkRule(rule, field, report)
    if (spec.action === 'CUSTOM') checkCustomRule(rule, field, report)
    if (spec.action === 'DENY' && isHttpOnly(rule)) {
      report.warning(
        field,
        'denies all traffic to TCP ports, because it looks at HTTP only',
        'name the ports in to.operation.ports',
      )
    }
  }
}

function checkAction({ action = 'ALLOW', rules, provider }: AuthorizationPolicySpec, report: Report): void {
  if ((action === 'DENY' || action === 'CUSTOM') && (rules ?? []).length === 0) {
    report.error(
      'spec.rules',
      `${action} without rules never happens`,
      'add a rule; an empty one, {}, means every request',
    )
  }
  if (action === 'CUSTOM' && (provider?.name ?? '') === '')
    report.error('spec.provider.name', 'is required with action CUSTOM')
  if (action !== 'CUSTOM' && provider !== undefined)
    report.error('spec.provider', `has no meaning with action ${action}`, 'remove it, or use CUSTOM')
}

function checkRule(rule: AuthorizationRule, field: string, report: Report): void {
  for (const name of ['from', 'to', 'when'] as const) {
    if (rule[name]?.length === 0)
      report.warning(`${field}.${name}`, 'is empty, which means any and not none', 'name a condition, or leave it out')
  }
  for (const [index, { source }] of (rule.from ?? []).entries()) {
    const place = `${field}.from[${index}].source`
    if (isBlank(source)) report.error(place, 'says nothing', 'name a property of the source')
    else checkSource(source, place, report)
  }
  for (const [index, { operation }] of (rule.to ?? []).entries()) {
    const place = `${field}.to[${index}].operation`
    if (isBlank(operation)) report.error(place, 'says nothing', 'name a property of the operation')
    else checkOperation(operation, place, report)
  }
  for (const [index, condition] of (rule.when ?? []).entries())
    checkCondition(condition, `${field}.when[${index}]`, report)
}

type Lists = Readonly<Record<string, readonly string[] | undefined>>

const isBlank = <T extends Lists>(lists: T | undefined): lists is undefined =>
  lists === undefined || Object.values(lists).every(values => (values ?? []).length === 0)

function checkSource(source: AuthorizationSource, field: string, report: Report): void {
  checkNoEmptyText(source, field, report)
  for (const name of ['ipBlocks', 'notIpBlocks', 'remoteIpBlocks', 'notRemoteIpBlocks'] as const) {
    for (const [index, block] of (source[name] ?? []).entries()) {
      if (block !== '' && !isIpOrCidr(block))
        report.error(`${field}.${name}[${index}]`, `'${block}' is neither an IP address nor a CIDR range`)
    }
  }
  for (const name of ['serviceAccounts', 'notServiceAccounts'] as const) {
    for (const [index, account] of (source[name] ?? []).entries()) {
      if (account !== '' && !/^(?:[a-z0-9-]{1,63}\/)?[a-z0-9.-]{1,253}$/.test(account)) {
        report.error(
          `${field}.${name}[${index}]`,
          `'${account}' is not a service account`,
          'write namespace/name, or name for the own namespace',
        )
      }
    }
  }
}

function checkOperation(operation: AuthorizationOperation, field: string, report: Report): void {
  checkNoEmptyText(operation, field, report)
  for (const name of ['ports', 'notPorts'] as const) {
    for (const [index, port] of (operation[name] ?? []).entries()) {
      if (port !== '' && !isPortText(port))
        report.error(`${field}.${name}[${index}]`, `'${port}' is not a port`, 'use 1 to 65535, in quotes')
    }
  }
  for (const name of ['paths', 'notPaths'] as const) {
    for (const [index, path] of (operation[name] ?? []).entries())
      checkPathTemplate(path, `${field}.${name}[${index}]`, report)
  }
}

function checkNoEmptyText(lists: Lists, field: string, report: Report): void {
  for (const [name, values] of Object.entries(lists)) {
    for (const [index, value] of (values ?? []).entries()) {
      if (value === '')
        report.error(`${field}.${name}[${index}]`, 'is empty, which matches nothing', "remove it, or use '*' for any")
    }
  }
}

/** An external authorizer is asked before the request's identity is known (contracts of ext_authz in Istio). */
function checkCustomRule(rule: AuthorizationRule, field: string, report: Report): void {
  for (const [index, { source }] of (rule.from ?? []).entries()) {
    for (const name of [
      'namespaces',
      'notNamespaces',
      'principals',
      'notPrincipals',
      'requestPrincipals',
      'notRequestPrincipals',
    ] as const) {
      if ((source?.[name] ?? []).length > 0)
        report.error(`${field}.from[${index}].source.${name}`, 'is not possible with action CUSTOM')
    }
  }
  for (const [index, { key }] of (rule.when ?? []).entries()) {
    if (key === 'source.namespace' || key === 'source.principal' || key.startsWith('request.auth.')) {
      report.error(`${field}.when[${index}].key`, `${key} is not possible with action CUSTOM`)
    }
  }
}

const tcpSourceFields = [
  'principals',
  'namespaces',
  'serviceAccounts',
  'trustDomains',
  'ipBlocks',
  'remoteIpBlocks',
] as const

/** On a TCP port the HTTP fields of a DENY rule drop out, and what is left may be everything. */
function isHttpOnly(rule: AuthorizationRule): boolean {
  const from = rule.from ?? []
  const to = rule.to ?? []
  const tcpFrom = from.some(({ source }) =>
    tcpSourceFields.some(
      name =>
        source?.[name] !== undefined ||
        source?.[`not${name.charAt(0).toUpperCase()}${name.slice(1)}` as keyof AuthorizationSource] !== undefined,
    ),
  )
  const tcpTo = to.some(({ operation }) => operation?.ports !== undefined || operation?.notPorts !== undefined)
  return (from.length > 0 && to.length === 0 && !tcpFrom) || (to.length > 0 && !tcpTo)
}
