/** networking.istio.io `ClientTLSSettings`: how connections to an upstream are secured. */

import { bool, enumeration, list, message, optional, text, type Value } from '../schema/fields.ts'
import type { Report } from './kind.ts'

export const clientTls = message({
  mode: optional(enumeration({ DISABLE: 0, SIMPLE: 1, MUTUAL: 2, ISTIO_MUTUAL: 3 })),
  clientCertificate: optional(text(4096)),
  privateKey: optional(text(4096)),
  caCertificates: optional(text(4096)),
  credentialName: optional(text(512)),
  subjectAltNames: optional(list(text(2048))),
  sni: optional(text(255)),
  insecureSkipVerify: optional(bool()),
  caCrl: optional(text(4096)),
})

export type ClientTls = Value<typeof clientTls>

const fileFields = ['clientCertificate', 'privateKey', 'caCertificates', 'credentialName'] as const

export function checkClientTls(tls: ClientTls, field: string, report: Report): void {
  const mode = tls.mode ?? 'DISABLE'
  if (tls.insecureSkipVerify === true && (tls.caCertificates ?? '') !== '') {
    report.error(
      `${field}.insecureSkipVerify`,
      'cannot stand beside caCertificates: the server is verified or it is not',
      'remove one of the two',
    )
  }
  if (mode === 'ISTIO_MUTUAL') {
    for (const name of fileFields) {
      if ((tls[name] ?? '') === '') continue
      report.error(
        `${field}.${name}`,
        'must be empty with mode ISTIO_MUTUAL, which uses the mesh certificate',
        'remove it, or use mode MUTUAL',
      )
    }
    return
  }
  if ((tls.credentialName ?? '') !== '') {
    report.warning(
      `${field}.credentialName`,
      'is read by gateways only: a sidecar verifies the server by the roots of the system, and has no certificate of its own',
      'name files with caCertificates, clientCertificate and privateKey',
    )
    for (const name of ['clientCertificate', 'privateKey', 'caCertificates', 'caCrl'] as const) {
      if ((tls[name] ?? '') === '') continue
      report.error(`${field}.${name}`, 'cannot stand beside credentialName', 'keep either the credential or the files')
    }
    return
  }
  if (mode !== 'MUTUAL') return
  for (const name of ['clientCertificate', 'privateKey'] as const) {
    if ((tls[name] ?? '') === '')
      report.error(`${field}.${name}`, 'is required with mode MUTUAL', 'name the file, or use ISTIO_MUTUAL')
  }
}
