/** networking.istio.io `ServerTLSSettings`, and what a Sidecar's ingress listener takes of them: TLS of the workload's own, from files. */

import { bool, enumeration, list, message, optional, text, type Value } from '../schema/fields.ts'
import type { Report } from './kind.ts'

const tlsVersion = () => enumeration({ TLS_AUTO: 0, TLSV1_0: 1, TLSV1_1: 2, TLSV1_2: 3, TLSV1_3: 4 })

export const serverTls = message({
  httpsRedirect: optional(bool()),
  mode: optional(
    enumeration({ PASSTHROUGH: 0, SIMPLE: 1, MUTUAL: 2, AUTO_PASSTHROUGH: 3, ISTIO_MUTUAL: 4, OPTIONAL_MUTUAL: 5 }),
  ),
  serverCertificate: optional(text(4096)),
  privateKey: optional(text(4096)),
  caCertificates: optional(text(4096)),
  caCrl: optional(text(4096)),
  credentialName: optional(text(512)),
  credentialNames: optional(list(text(512), 2)),
  caCertCredentialName: optional(text(512)),
  tlsCertificates: optional(
    list(
      message({
        serverCertificate: optional(text(4096)),
        privateKey: optional(text(4096)),
        caCertificates: optional(text(4096)),
      }),
      2,
    ),
  ),
  subjectAltNames: optional(list(text(2048))),
  verifyCertificateSpki: optional(list(text(256))),
  verifyCertificateHash: optional(list(text(256))),
  minProtocolVersion: optional(tlsVersion()),
  maxProtocolVersion: optional(tlsVersion()),
  cipherSuites: optional(list(text(256))),
  insecureSkipVerify: optional(bool()),
})

export type ServerTls = Value<typeof serverTls>

const versionOrder = ['TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3'] as const

export function checkSidecarServerTls(tls: ServerTls, field: string, report: Report): void {
  const mode = tls.mode ?? 'PASSTHROUGH'
  if (mode === 'ISTIO_MUTUAL' || mode === 'AUTO_PASSTHROUGH') {
    report.error(
      `${field}.mode`,
      `${mode} is not possible on a sidecar's listener`,
      'use SIMPLE, MUTUAL or OPTIONAL_MUTUAL',
    )
  }
  if ((tls.subjectAltNames ?? []).length > 0)
    report.error(`${field}.subjectAltNames`, 'is not supported on a sidecar', 'remove it')
  if (tls.httpsRedirect === true) report.error(`${field}.httpsRedirect`, 'is not supported on a sidecar', 'remove it')
  for (const name of ['credentialName', 'caCertCredentialName'] as const) {
    if ((tls[name] ?? '') !== '')
      report.error(`${field}.${name}`, 'is not supported on a sidecar', 'name files instead')
  }
  if ((tls.credentialNames ?? []).length > 0)
    report.error(`${field}.credentialNames`, 'is not supported on a sidecar', 'name files instead')
  if (mode === 'SIMPLE' || mode === 'MUTUAL' || mode === 'OPTIONAL_MUTUAL') checkFiles(tls, field, report)
  checkTlsVersions(tls, field, report)
}

function checkFiles(tls: ServerTls, field: string, report: Report): void {
  const mode = tls.mode ?? 'PASSTHROUGH'
  if ((tls.tlsCertificates ?? []).length === 0) {
    for (const name of ['serverCertificate', 'privateKey'] as const) {
      if ((tls[name] ?? '') === '') report.error(`${field}.${name}`, `is required with mode ${mode}`, 'name the file')
    }
  }
  if (mode !== 'SIMPLE' && (tls.caCertificates ?? '') === '') {
    report.error(
      `${field}.caCertificates`,
      `is required with mode ${mode}`,
      'name the file that holds the roots of the clients',
    )
  }
  if (mode === 'SIMPLE' && (tls.caCrl ?? '') !== '')
    report.error(`${field}.caCrl`, 'has no meaning with mode SIMPLE', 'remove it')
}

export function checkTlsVersions(tls: ServerTls, field: string, report: Report): void {
  const lowest = versionOrder.indexOf(tls.minProtocolVersion ?? 'TLS_AUTO')
  const highest = versionOrder.indexOf(tls.maxProtocolVersion ?? 'TLS_AUTO')
  if (lowest > 0 && highest > 0 && lowest > highest) {
    report.error(
      `${field}.minProtocolVersion`,
      `${versionOrder[lowest]} is above the maximum ${versionOrder[highest]}`,
      'swap the two',
    )
  }
}
