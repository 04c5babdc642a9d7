/** Of the MeshConfig, what is about identities, certificates and TLS. */

import { clientTls } from '../kinds/client-tls.ts'
import { positiveDuration } from '../kinds/duration-rules.ts'
import { bool, enumeration, field, list, message, optional, requiredText, text, wrapped } from '../schema/fields.ts'

const tlsLimits = () =>
  message({
    minProtocolVersion: field(
      'The oldest version of TLS. `TLS_AUTO` is `TLSV1_2`.',
      optional(enumeration({ TLS_AUTO: 0, TLSV1_2: 1, TLSV1_3: 2 })),
      { default: '`TLS_AUTO`' },
    ),
    ecdhCurves: field('The curves of key exchange, the best first.', optional(list(text(64), 16)), {
      default: "Envoy's",
    }),
    cipherSuites: field('Ciphers of TLS 1.2.', optional(list(text(128), 64)), { default: 'a list of safe ones' }),
  })

const ownAuthority = 'the authority is set up by `--ca-config`'

export const identitySettings = {
  trustDomain: field('The trust domain of the mesh: the host part of its SPIFFE ids.', optional(text(253)), {
    default: 'cluster.local',
  }),
  trustDomainAliases: field(
    'Further trust domains whose identities count as those of the mesh.',
    optional(list(text(253), 256)),
  ),
  enableAutoMtls: field(
    'Clients speak mutual TLS to every workload that takes it, without a DestinationRule.',
    optional(wrapped(bool())),
    { default: 'true' },
  ),
  meshMTLS: field('Limits of mutual TLS between workloads.', optional(tlsLimits())),
  tlsDefaults: field('Limits of all other TLS.', optional(tlsLimits()), {
    notInForce: "Envoy's own limits hold",
  }),
  caCertificates: field(
    "Further roots that workloads trust beside the mesh's.",
    optional(
      list(
        message(
          {
            pem: field('A certificate, or several, in PEM.', optional(text(1_048_576))),
            spiffeBundleUrl: field('Where a SPIFFE bundle is fetched from.', optional(text(2048))),
            certSigners: field('The signers of Kubernetes that the root belongs to.', optional(list(text(253), 256))),
            trustDomains: field('The trust domains that the root is for.', optional(list(text(253), 256)), {
              default: "the mesh's",
            }),
          },
          { exclusive: [['pem', 'spiffeBundleUrl']] },
        ),
        256,
      ),
    ),
    { notInForce: ownAuthority },
  ),
  ca: field(
    'An authority outside, which signs in place of that of the mesh.',
    optional(
      message({
        address: field('The host and the port of the authority.', requiredText(512)),
        tlsSettings: field('How the connection is secured.', optional(clientTls)),
        requestTimeout: field('How long an answer may take.', optional(positiveDuration()), {
          unit: 'duration',
          default: '10s',
        }),
        istiodSide: field('The control plane asks it; otherwise agents do.', optional(bool()), { default: 'true' }),
      }),
    ),
    { notInForce: ownAuthority },
  ),
  certificates: field(
    'Certificates that the control plane has made for DNS names.',
    optional(
      list(
        message({
          secretName: field('The secret that they are put into.', optional(text(253))),
          dnsNames: field('The names that they are for.', optional(list(text(253), 256))),
        }),
        256,
      ),
    ),
    { deprecated: 'Istio makes no such certificates any more', notInForce: 'no such certificate is made' },
  ),
  verifyCertificateAtClient: field(
    'Servers of TLS without `caCertificates` are verified by the roots of the system.',
    optional(wrapped(bool())),
    {
      default: 'true',
      deprecated: 'use `insecureSkipVerify` in a DestinationRule',
      notInForce: 'servers are always verified, unless a DestinationRule has `insecureSkipVerify`',
      notInForceIf: verified => !verified,
    },
  ),
}
