/** What the ProxyConfig may say, beyond its form. */

import { durationMs } from '../duration.ts'
import { checkClientTls } from '../kinds/client-tls.ts'
import { isPort } from '../kinds/host-syntax.ts'
import type { Report } from '../kinds/kind.ts'
import { isHostPort } from './host-port.ts'
import { holdsCertificates, notHostPort } from './identity-rules.ts'
import type { ProxyDefaultsInput } from './proxy-defaults.ts'

export function checkProxyDefaults(input: ProxyDefaultsInput, field: string, report: Report): void {
  checkProcess(input, field, report)
  checkAddresses(input, field, report)
  if (input.tracing !== undefined) checkTracing(input.tracing, `${field}.tracing`, report)
  for (const name of ['envoyAccessLogService', 'envoyMetricsService'] as const) {
    const tls = input[name]?.tlsSettings
    if (tls !== undefined) checkClientTls(tls, `${field}.${name}.tlsSettings`, report)
  }
}

function checkProcess(input: ProxyDefaultsInput, field: string, report: Report): void {
  const { concurrency, drainDuration, controlPlaneAuthPolicy, privateKeyProvider, proxyMetadata } = input
  if (concurrency !== undefined && concurrency < 0)
    report.error(`${field}.concurrency`, `${concurrency} is less than 0`, 'use 0 for as many as there are cores')
  if (drainDuration !== undefined && Math.round(durationMs(drainDuration)) % 1000 !== 0)
    report.error(`${field}.drainDuration`, `${drainDuration} is not a whole number of seconds`, 'round it')
  for (const name of ['proxyAdminPort', 'statusPort'] as const) {
    const port = input[name]
    if (port !== undefined && !isPort(port)) report.error(`${field}.${name}`, `${port} is not a port`, 'use 1 to 65535')
  }
  if (controlPlaneAuthPolicy === 'INHERIT')
    report.error(`${field}.controlPlaneAuthPolicy`, 'has nobody to inherit from', 'use NONE or MUTUAL_TLS')
  if (privateKeyProvider !== undefined) checkKeyProvider(privateKeyProvider, `${field}.privateKeyProvider`, report)
  if (proxyMetadata !== undefined && Object.hasOwn(proxyMetadata, 'ISTIO_META_DNS_AUTO_ALLOCATE')) {
    const remedy = 'the control plane gives ServiceEntries their addresses without it'
    report.warning(`${field}.proxyMetadata.ISTIO_META_DNS_AUTO_ALLOCATE`, 'is deprecated', remedy)
  }
  for (const [index, pem] of (input.caCertificatesPem ?? []).entries()) {
    if (!holdsCertificates(pem))
      report.error(`${field}.caCertificatesPem[${index}]`, 'holds something else than certificates in PEM')
  }
}

function checkKeyProvider(
  provider: NonNullable<ProxyDefaultsInput['privateKeyProvider']>,
  field: string,
  report: Report,
): void {
  if (provider.cryptomb === undefined && provider.qat === undefined)
    report.error(field, 'names no hardware', 'add cryptomb or qat')
  for (const name of ['cryptomb', 'qat'] as const) {
    if (provider[name] !== undefined && provider[name].pollDelay === undefined)
      report.error(`${field}.${name}.pollDelay`, 'is required')
  }
}

function checkAddresses(input: ProxyDefaultsInput, field: string, report: Report): void {
  for (const [name, address] of [
    ['discoveryAddress', input.discoveryAddress],
    ['statsdUdpAddress', input.statsdUdpAddress],
    ['envoyMetricsServiceAddress', input.envoyMetricsServiceAddress],
    ['envoyMetricsService.address', input.envoyMetricsService?.address],
    ['envoyAccessLogService.address', input.envoyAccessLogService?.address],
  ] as const) {
    if (address !== undefined && address !== '' && !isHostPort(address))
      report.error(`${field}.${name}`, notHostPort(address), 'write HOST:PORT')
  }
}

function checkTracing(tracing: NonNullable<ProxyDefaultsInput['tracing']>, field: string, report: Report): void {
  for (const name of ['zipkin', 'lightstep', 'datadog'] as const) {
    if (tracing[name] === undefined) continue
    const { address = '' } = tracing[name]
    // Istio's word for the address of the machine, which the proxy fills in.
    const written = name === 'lightstep' ? address : address.replace('$(HOST_IP)', '127.0.0.1')
    if (!isHostPort(written)) report.error(`${field}.${name}.address`, notHostPort(address), 'write HOST:PORT')
  }
  const { lightstep, sampling, tlsSettings } = tracing
  if (lightstep !== undefined && (lightstep.accessToken ?? []).length === 0)
    report.error(`${field}.lightstep.accessToken`, 'is required')
  if (sampling !== undefined && (sampling < 0 || sampling > 100))
    report.warning(`${field}.sampling`, `${sampling} is not between 0 and 100, and 1 counts`, 'use percent')
  if (tlsSettings !== undefined) checkClientTls(tlsSettings, `${field}.tlsSettings`, report)
}
