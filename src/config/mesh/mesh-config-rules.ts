/** What the MeshConfig may say, beyond its form: what Istio refuses or warns of, and what can mean nothing. */

import { durationMs } from '../duration.ts'
import { checkClientTls } from '../kinds/client-tls.ts'
import { checkConnectionPool } from '../kinds/connection-pool.ts'
import { isDnsLabel, isPort, isWildcardHost } from '../kinds/host-syntax.ts'
import { checkHttpRetries } from '../kinds/http-retries.ts'
import type { Report } from '../kinds/kind.ts'
import { checkLocality, checkZoneAware } from '../kinds/locality-rules.ts'
import { checkOutlierDetection } from '../kinds/outlier-detection.ts'
import { checkExtensionProviders } from './extension-provider-rules.ts'
import { checkIdentity } from './identity-rules.ts'
import { checkLabelSelector } from './label-selector.ts'
import type { MeshConfigInput } from './mesh-config-message.ts'
import { checkProxyDefaults } from './proxy-defaults-rules.ts'

export function checkMeshConfig(input: MeshConfigInput, report: Report): void {
  checkIdentity(input, report)
  checkTraffic(input, report)
  checkVisibility(input, report)
  checkExtensionProviders(input, report)
  if (input.defaultConfig !== undefined) checkProxyDefaults(input.defaultConfig, 'defaultConfig', report)
}

const longestConnectTimeoutMs = 3_600_000

function checkTraffic(input: MeshConfigInput, report: Report): void {
  checkListenPorts(input, report)
  checkPrecision(input.protocolDetectionTimeout, 'protocolDetectionTimeout', report)
  checkPrecision(input.connectTimeout, 'connectTimeout', report)
  if (input.connectTimeout !== undefined && durationMs(input.connectTimeout) > longestConnectTimeoutMs)
    report.error('connectTimeout', `${input.connectTimeout} is longer than 1h`, 'use 1ms to 1h')
  if (input.defaultHttpRetryPolicy !== undefined)
    checkHttpRetries(input.defaultHttpRetryPolicy, 'defaultHttpRetryPolicy', report)
  if (input.localityLbSetting !== undefined)
    checkLocality(input.localityLbSetting, { field: 'localityLbSetting', outliers: 'detected' }, report)
  if (input.zoneAwareLbSetting !== undefined)
    checkZoneAware(input.zoneAwareLbSetting, { field: 'zoneAwareLbSetting', outliers: 'detected' }, report)
  const { connectionPool, outlierDetection } = input.defaultTrafficPolicy ?? {}
  if (connectionPool !== undefined) checkConnectionPool(connectionPool, 'defaultTrafficPolicy.connectionPool', report)
  if (outlierDetection !== undefined)
    checkOutlierDetection(outlierDetection, 'defaultTrafficPolicy.outlierDetection', report)
  const tls = input.outboundTrafficPolicy?.tls
  if (tls !== undefined) checkClientTls(tls, 'outboundTrafficPolicy.tls', report)
}

/** Istio's durations of the mesh are whole milliseconds. */
function checkPrecision(text: string | undefined, field: string, report: Report): void {
  if (text === undefined) return
  const timeMs = durationMs(text)
  // 1.005s is 1004.9999999999999 in binary.
  if (Math.abs(timeMs - Math.round(timeMs)) > 1e-6)
    report.error(field, `${text} is not a whole number of milliseconds`, 'round it')
}

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

function checkVisibility(input: MeshConfigInput, report: Report): void {
  if (input.rootNamespace !== undefined && !isDnsLabel(input.rootNamespace))
    report.error('rootNamespace', `'${input.rootNamespace}' is not a namespace`)
  checkExportTo(input, report)
  for (const [index, selector] of (input.discoverySelectors ?? []).entries())
    checkLabelSelector(selector, `discoverySelectors[${index}]`, report)
  for (const [index, { hosts = [] }] of (input.serviceSettings ?? []).entries()) {
    for (const [at, host] of hosts.entries())
      if (!isWildcardHost(host)) report.error(`serviceSettings[${index}].hosts[${at}]`, `'${host}' is not a host`)
  }
  for (const [index, config] of (input.serviceScopeConfigs ?? []).entries()) {
    for (const name of ['namespaceSelector', 'servicesSelector'] as const) {
      const selector = config[name]
      if (selector !== undefined) checkLabelSelector(selector, `serviceScopeConfigs[${index}].${name}`, report)
    }
  }
  for (const [index, { matchingRules = [] }] of (input.serviceEntryVisibility?.policies ?? []).entries()) {
    for (const [at, { namespaceSelector }] of matchingRules.entries()) {
      const field = `serviceEntryVisibility.policies[${index}].matchingRules[${at}].namespaceSelector`
      if (namespaceSelector !== undefined) checkLabelSelector(namespaceSelector, field, report)
    }
  }
  checkConfigSources(input.configSources ?? [], report)
}

function checkExportTo(input: MeshConfigInput, report: Report): void {
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
}

function checkConfigSources(sources: NonNullable<MeshConfigInput['configSources']>, report: Report): void {
  for (const [index, { address = '', tlsSettings }] of sources.entries()) {
    const field = `configSources[${index}]`
    if (!/^(?:fs|k8s|xds):\/\//.test(address)) {
      report.warning(
        `${field}.address`,
        `'${address}' names no kind of source`,
        'begin it with fs://, k8s:// or xds://',
      )
    }
    if (tlsSettings !== undefined) checkClientTls(tlsSettings, `${field}.tlsSettings`, report)
  }
}
