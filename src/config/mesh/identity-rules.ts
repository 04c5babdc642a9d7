/** What the MeshConfig may say of identities, certificates and TLS. */

import { X509Certificate } from 'node:crypto'
import { checkClientTls } from '../kinds/client-tls.ts'
import { isHostname } from '../kinds/host-syntax.ts'
import type { Report } from '../kinds/kind.ts'
import { isHostPort } from './host-port.ts'
import type { MeshConfigInput } from './mesh-config-message.ts'

export function checkIdentity(input: MeshConfigInput, report: Report): void {
  if (input.trustDomain !== undefined) {
    const remedy = 'use lower-case letters, digits, -, _ and .'
    checkTrustDomain(input.trustDomain, 'trustDomain', { report, remedy })
  }
  for (const [index, alias] of (input.trustDomainAliases ?? []).entries())
    checkTrustDomain(alias, `trustDomainAliases[${index}]`, { report })
  checkRoots(input.caCertificates ?? [], report)
  const { ca, tlsDefaults, meshMTLS } = input
  if (ca !== undefined && !isHostPort(ca.address))
    report.error('ca.address', notHostPort(ca.address), 'write HOST:PORT')
  if (ca?.tlsSettings !== undefined) checkClientTls(ca.tlsSettings, 'ca.tlsSettings', report)
  checkCurves(tlsDefaults?.ecdhCurves ?? [], report)
  for (const [name, suites] of [
    ['meshMTLS', meshMTLS?.cipherSuites ?? []],
    ['tlsDefaults', tlsDefaults?.cipherSuites ?? []],
  ] as const) {
    for (const [index, suite] of suites.entries()) {
      if (!cipherSuites.has(suite))
        report.warning(`${name}.cipherSuites[${index}]`, `'${suite}' is no cipher that Envoy knows`, 'remove it')
    }
  }
}

export const notHostPort = (address: string): string => `'${address}' is not a host with a port`

function checkTrustDomain(
  text: string,
  field: string,
  { report, remedy }: { readonly report: Report; readonly remedy?: string },
): void {
  if (!isTrustDomain(text)) report.error(field, `'${text}' is not a trust domain`, remedy)
}

/** The host part of a SPIFFE id. `@` is Istio's: it stands for a dot there. */
const isTrustDomain = (text: string): boolean =>
  text.length <= 253 && isHostname(text.replaceAll('_', '-').replaceAll('@', '.')) && text === text.toLowerCase()

function checkRoots(roots: NonNullable<MeshConfigInput['caCertificates']>, report: Report): void {
  for (const [index, { pem, spiffeBundleUrl, trustDomains = [] }] of roots.entries()) {
    const field = `caCertificates[${index}]`
    if (pem === undefined && spiffeBundleUrl === undefined)
      report.error(field, 'says no root', 'add pem or spiffeBundleUrl')
    if (pem !== undefined && !holdsCertificates(pem))
      report.error(`${field}.pem`, 'holds something else than certificates in PEM', 'paste them as a CA hands them out')
    if (spiffeBundleUrl !== undefined && !isHttpsUrl(spiffeBundleUrl))
      report.error(`${field}.spiffeBundleUrl`, `'${spiffeBundleUrl}' is not a URL with https`)
    for (const [at, domain] of trustDomains.entries())
      checkTrustDomain(domain, `${field}.trustDomains[${at}]`, { report })
  }
}

/** At least one, and all of them readable. */
export function holdsCertificates(pem: string): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  try {
    for (const block of blocks) new X509Certificate(block)
  } catch {
    return false
  }
  return blocks.length > 0
}

const isHttpsUrl = (text: string): boolean => URL.canParse(text) && new URL(text).protocol === 'https:'

function checkCurves(curves: readonly string[], report: Report): void {
  for (const [index, curve] of curves.entries()) {
    const field = `tlsDefaults.ecdhCurves[${index}]`
    if (!knownCurves.has(curve)) report.warning(field, `'${curve}' is no curve that Envoy knows`, 'remove it')
    else if (curves.indexOf(curve) < index) report.warning(field, `${curve} stands there already`, 'remove one')
  }
}

/** Of BoringSSL. */
const knownCurves: ReadonlySet<string> = new Set([
  'P-224',
  'P-256',
  'P-384',
  'P-521',
  'X25519',
  'X25519Kyber768Draft00',
  'X25519MLKEM768',
])

/** Of BoringSSL, for TLS 1.2. https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/transport_sockets/tls/v3/common.proto */
const cipherSuites: ReadonlySet<string> = new Set([
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-SHA',
  'AES256-SHA',
  'DES-CBC3-SHA',
])
