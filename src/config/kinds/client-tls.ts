/** networking.istio.io `ClientTLSSettings`: how connections to an upstream are secured. */

import { bool, enumeration, field, list, message, optional, text, type Value, wrapped } from '../schema/fields.ts'
import type { Report } from './kind.ts'

export const clientTls = message({
  mode: field(
    '`DISABLE`: plaintext. `SIMPLE`: TLS in which the server alone has a certificate. `MUTUAL`: TLS with a client ' +
      'certificate from files. `ISTIO_MUTUAL`: TLS with the certificates of the mesh.',
    optional(enumeration({ DISABLE: 0, SIMPLE: 1, MUTUAL: 2, ISTIO_MUTUAL: 3 })),
    { default: '`DISABLE` where `tls` is given; without `tls` mutual TLS of the mesh to every workload that takes it' },
  ),
  clientCertificate: field(
    "The file of the client's certificate chain, on the machine of the proxy, for mode `MUTUAL`.",
    optional(text(4096)),
    { unit: 'path' },
  ),
  privateKey: field("The file of the client's private key, for mode `MUTUAL`.", optional(text(4096)), { unit: 'path' }),
  caCertificates: field(
    'The file of the roots by which the server is verified. `system` means those of the operating system.',
    optional(text(4096)),
    { unit: 'path', default: '`system`' },
  ),
  credentialName: field(
    'The secret that holds the certificate, the key and the roots, in place of files.',
    optional(text(512)),
    {
      notInForce: 'no secret is delivered: the server is verified by the roots of the system',
      notInForceIf: name => name !== '',
    },
  ),
  subjectAltNames: field("Names of which the server's certificate must have one.", optional(list(text(2048))), {
    default: 'with `ISTIO_MUTUAL` the identities of the service; otherwise the host that is called',
  }),
  sni: field('The server name that is sent in the handshake.', optional(text(255)), {
    default: 'with `ISTIO_MUTUAL` the name of the port and the subset; otherwise the host that is called',
  }),
  insecureSkipVerify: field('Takes any certificate of the server. For tests only.', optional(wrapped(bool())), {
    default: 'false',
  }),
  caCrl: field("The file of revocation lists by which the server's certificate is checked.", optional(text(4096)), {
    unit: 'path',
    default: 'none',
    since: '1.22',
  }),
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
      report.warning(
        `${field}.${name}`,
        'is not read with mode ISTIO_MUTUAL, which uses the mesh certificate',
        'remove it, or use mode MUTUAL',
      )
    }
    return
  }
  if (mode === 'DISABLE') return
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
