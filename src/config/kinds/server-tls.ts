/** networking.istio.io `ServerTLSSettings`: TLS of one's own on a port of a Gateway or of a Sidecar's ingress. */

import {
  bool,
  enumeration,
  field,
  list,
  message,
  optional,
  requiredList,
  text,
  type Value,
  wrapped,
} from '../schema/fields.ts'
import type { Report } from './kind.ts'

const tlsVersion = () => enumeration({ TLS_AUTO: 0, TLSV1_0: 1, TLSV1_1: 2, TLSV1_2: 3, TLSV1_3: 4 })
const path = (what: string) => field(what, optional(text(4096)), { unit: 'path' })

const certificate = message({
  serverCertificate: path("The file of the server's certificate chain."),
  privateKey: path("The file of the server's private key."),
  caCertificates: path('The file of the roots by which clients are verified.'),
})

export const serverTls = message(
  {
    httpsRedirect: field('Answers plain HTTP with a redirect to HTTPS. Not on a sidecar.', optional(bool()), {
      default: 'false',
    }),
    mode: field(
      '`PASSTHROUGH` and `AUTO_PASSTHROUGH`: TLS is not ended here. `SIMPLE`: with a certificate of the server. `MUTUAL`: ' +
        'clients show one, too. `OPTIONAL_MUTUAL`: they may. `ISTIO_MUTUAL`: with the certificates of the mesh.',
      optional(
        enumeration({ PASSTHROUGH: 0, SIMPLE: 1, MUTUAL: 2, AUTO_PASSTHROUGH: 3, ISTIO_MUTUAL: 4, OPTIONAL_MUTUAL: 5 }),
      ),
      { default: '`PASSTHROUGH`' },
    ),
    serverCertificate: path("The file of the server's certificate chain."),
    privateKey: path("The file of the server's private key."),
    caCertificates: path('The file of the roots by which clients are verified.'),
    caCrl: field("The file of revocation lists by which clients' certificates are checked.", optional(text(4096)), {
      unit: 'path',
      since: '1.22',
    }),
    credentialName: field('The secret that holds certificate, key and roots. Not on a sidecar.', optional(text(512))),
    credentialNames: field(
      'Secrets of certificates of different kinds of key. Not on a sidecar.',
      optional(requiredList(text(512), 2)),
      { since: '1.26' },
    ),
    caCertCredentialName: field('The secret that holds the roots alone. Not on a sidecar.', optional(text(512)), {
      since: '1.28',
    }),
    tlsCertificates: field(
      'Certificates of different kinds of key, from files. Not on a sidecar.',
      optional(requiredList(certificate, 2)),
      {
        since: '1.26',
      },
    ),
    subjectAltNames: field("Names of which the client's certificate must have one.", optional(list(text(2048)))),
    verifyCertificateSpki: field(
      "Hashes of public keys (SHA-256, base64) of which the client's must be one.",
      optional(list(text(256))),
    ),
    verifyCertificateHash: field(
      "Hashes of certificates (SHA-256, hexadecimal) of which the client's must be one.",
      optional(list(text(256))),
    ),
    minProtocolVersion: field('The oldest version of TLS.', optional(tlsVersion()), { default: '`TLSV1_2`' }),
    maxProtocolVersion: field('The newest version of TLS.', optional(tlsVersion()), { default: '`TLSV1_3`' }),
    cipherSuites: field('Ciphers of TLS 1.2 and older.', optional(list(text(256))), { default: "Envoy's" }),
    insecureSkipVerify: field(
      'Takes any certificate of a client, for `MUTUAL`. For tests only.',
      optional(wrapped(bool())),
      {
        default: 'false',
        since: '1.31',
      },
    ),
  },
  {
    exclusive: [
      ['credentialNames', 'tlsCertificates'],
      ['credentialName', 'credentialNames'],
    ],
  },
)

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
  for (const name of ['credentialNames', 'tlsCertificates'] as const) {
    if ((tls[name] ?? []).length > 0)
      report.error(`${field}.${name}`, 'is not supported on a sidecar', 'name the files of one certificate instead')
  }
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
