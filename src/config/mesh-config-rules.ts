/** What mesh settings may say, beyond their form. */

import { checkPositiveDuration, checkZeroOrPositiveDuration } from './kinds/duration-rules.ts'
import { isDnsLabel, isHostname, isPort } from './kinds/host-syntax.ts'
import { checkHttpRetries } from './kinds/http-retries.ts'
import type { Report } from './kinds/kind.ts'
import { checkLocality } from './kinds/load-balancer.ts'
import type { MeshConfigInput } from './mesh-config.ts'

export function checkMeshConfig(input: MeshConfigInput, report: Report): void {
  if (input.trustDomain !== undefined && !isTrustDomain(input.trustDomain)) {
    report.error(
      'trustDomain',
      `'${input.trustDomain}' is not a trust domain`,
      'use lower-case letters, digits, -, _ and .',
    )
  }
  for (const [index, alias] of (input.trustDomainAliases ?? []).entries()) {
    if (!isTrustDomain(alias)) report.error(`trustDomainAliases[${index}]`, `'${alias}' is not a trust domain`)
  }
  if (input.rootNamespace !== undefined && !isDnsLabel(input.rootNamespace)) {
    report.error('rootNamespace', `'${input.rootNamespace}' is not a namespace`)
  }
  for (const name of ['connectTimeout', 'dnsRefreshRate'] as const) checkPositiveDuration(input[name], name, report)
  checkZeroOrPositiveDuration(input.protocolDetectionTimeout, 'protocolDetectionTimeout', report)
  for (const name of ['drainDuration', 'terminationDrainDuration'] as const) {
    checkZeroOrPositiveDuration(input.defaultConfig?.[name], `defaultConfig.${name}`, report)
  }
  checkListenPorts(input, report)
  for (const name of [
    'defaultServiceExportTo',
    'defaultVirtualServiceExportTo',
    'defaultDestinationRuleExportTo',
  ] as const) {
    for (const [index, entry] of (input[name] ?? []).entries()) {
      const valid =
        entry === '.' || entry === '*' || (entry === '~' && name === 'defaultServiceExportTo') || isDnsLabel(entry)
      if (!valid)
        report.error(`${name}[${index}]`, `'${entry}' is not a namespace`, "use '.', '*' or the name of a namespace")
    }
  }
  if (input.defaultHttpRetryPolicy !== undefined)
    checkHttpRetries(input.defaultHttpRetryPolicy, 'defaultHttpRetryPolicy', report)
  if (input.localityLbSetting !== undefined) checkLocality(input.localityLbSetting, 'localityLbSetting', report)
}

/** The host part of a SPIFFE id. `@` is Istio's: it stands for a dot there. */
const isTrustDomain = (text: string): boolean =>
  text.length <= 253 && isHostname(text.replaceAll('_', '-').replaceAll('@', '.')) && text === text.toLowerCase()

function checkListenPorts(input: MeshConfigInput, report: Report): void {
  const taken = new Map<number, string>()
  for (const [name, port] of [
    ['proxyListenPort', input.proxyListenPort ?? 15_001],
    ['proxyInboundListenPort', input.proxyInboundListenPort ?? 15_006],
    ['proxyHttpPort', input.proxyHttpPort ?? 0],
  ] as const) {
    if (name === 'proxyHttpPort' && port === 0) continue
    if (!isPort(port)) report.error(name, `${port} is not a port`, 'use 1 to 65535')
    const other = taken.get(port)
    if (other !== undefined) report.error(name, `${port} is the ${other} too`, 'use another port')
    taken.set(port, name)
  }
}
