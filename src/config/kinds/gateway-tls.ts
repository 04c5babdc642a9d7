/** What a Gateway's server may say about TLS: which certificate goes with which mode, and from one source only. */

import type { Report } from './kind.ts'
import { checkTlsVersions, type ServerTls } from './server-tls.ts'

export function checkGatewayTls(tls: ServerTls, field: string, report: Report): void {
  checkTlsVersions(tls, field, report)
  checkCiphers(tls, field, report)
  switch (tls.mode ?? 'PASSTHROUGH') {
    case 'ISTIO_MUTUAL':
      checkMeshCertificate(tls, field, report)
      return
    case 'PASSTHROUGH':
    case 'AUTO_PASSTHROUGH':
      checkPassthrough(tls, field, report)
      break
    case 'SIMPLE':
    case 'MUTUAL':
    case 'OPTIONAL_MUTUAL':
      if (!hasCredential(tls)) checkFiles(tls, field, report)
  }
  checkOneSource(tls, field, report)
}

const hasCredential = (tls: ServerTls): boolean =>
  (tls.credentialName ?? '') !== '' || (tls.credentialNames ?? []).length > 0

const certificateFields = [
  'serverCertificate',
  'privateKey',
  'caCertificates',
  'tlsCertificates',
  'credentialName',
  'credentialNames',
] as const

function checkMeshCertificate(tls: ServerTls, field: string, report: Report): void {
  for (const name of certificateFields) {
    if ((tls[name] ?? '').length > 0)
      report.error(
        `${field}.${name}`,
        "must be empty with mode ISTIO_MUTUAL, which uses the gateway's mesh certificate",
        'remove it, or use mode MUTUAL',
      )
  }
}

function checkPassthrough(tls: ServerTls, field: string, report: Report): void {
  for (const name of [...certificateFields, 'caCrl'] as const) {
    if ((tls[name] ?? '').length > 0)
      report.warning(
        `${field}.${name}`,
        `is not used with mode ${tls.mode ?? 'PASSTHROUGH'}, which ends no TLS`,
        'remove it, or use mode SIMPLE',
      )
  }
}

function checkOneSource(tls: ServerTls, field: string, report: Report): void {
  const sources = [
    (tls.serverCertificate ?? '') !== '' && (tls.privateKey ?? '') !== '' && 'serverCertificate',
    (tls.credentialName ?? '') !== '' && 'credentialName',
    (tls.credentialNames ?? []).length > 0 && 'credentialNames',
    (tls.tlsCertificates ?? []).length > 0 && 'tlsCertificates',
  ].filter(source => source !== false)
  const [first, second] = sources
  if (second !== undefined)
    report.error(`${field}.${second}`, `cannot stand beside ${first}`, 'name the certificate in one way')
}

function checkFiles(tls: ServerTls, field: string, report: Report): void {
  const mode = tls.mode ?? 'PASSTHROUGH'
  const several = tls.tlsCertificates ?? []
  const certificates = several.length > 0 ? several : [tls]
  for (const [index, certificate] of certificates.entries()) {
    const place = several.length > 0 ? `${field}.tlsCertificates[${index}]` : field
    for (const name of ['serverCertificate', 'privateKey'] as const) {
      if ((certificate[name] ?? '') === '')
        report.error(`${place}.${name}`, `is required with mode ${mode}`, 'name the file, or a credential')
    }
  }
  if (mode !== 'SIMPLE' && (tls.caCertificates ?? '') === '')
    report.error(
      `${field}.caCertificates`,
      `is required with mode ${mode}`,
      'name the file that holds the roots of the clients',
    )
  if (mode === 'SIMPLE' && (tls.caCrl ?? '') !== '')
    report.error(`${field}.caCrl`, 'has no meaning with mode SIMPLE', 'remove it, or use mode MUTUAL')
}

function checkCiphers(tls: ServerTls, field: string, report: Report): void {
  const suites = tls.cipherSuites ?? []
  const lowest = tls.minProtocolVersion
  if ((lowest === 'TLSV1_0' || lowest === 'TLSV1_1') && suites.length === 0)
    report.warning(
      `${field}.minProtocolVersion`,
      `${lowest} has no cipher among those of today`,
      'name its ciphers in cipherSuites, or begin with TLSV1_2',
    )
  for (const [index, suite] of suites.entries()) {
    if (!knownCiphers.has(suite))
      report.warning(`${field}.cipherSuites[${index}]`, `${suite} is not a cipher that Envoy has`, 'remove it')
    else if (suites.indexOf(suite) < index)
      report.warning(`${field}.cipherSuites[${index}]`, `${suite} is there already`, 'remove it')
  }
}

/** By OpenSSL's names, those that BoringSSL has below TLS 1.3, in which suites are not chosen. */
export const knownCiphers: ReadonlySet<string> = new Set(
  ['ECDHE-ECDSA', 'ECDHE-RSA']
    .flatMap(exchange =>
      ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305', 'AES128-SHA', 'AES256-SHA'].map(
        cipher => `${exchange}-${cipher}`,
      ),
    )
    .concat('AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'AES128-SHA', 'AES256-SHA', 'DES-CBC3-SHA'),
)
