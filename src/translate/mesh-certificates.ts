/**
 * The mesh's own certificates in a TLS context: Envoy fetches them from its agent over a Unix socket (static cluster
 * `sds-grpc`), never from here, so that no private key passes the control plane.
 */

import type { Plain } from './envoy-messages.ts'
import { durationFromMs } from './well-known.ts'

/** The part of a CommonTlsContext that proves who we are and checks the peer's chain; `identities`: URI SANs one of which the peer must have, none: any. */
export function meshCertificates(identities: readonly string[]): Plain {
  return {
    tlsCertificateSdsSecretConfigs: [secretFromAgent('default')],
    combinedValidationContext: {
      defaultValidationContext: {
        matchTypedSubjectAltNames: identities.map(identity => ({ sanType: 'URI', matcher: { exact: identity } })),
      },
      validationContextSdsSecretConfig: secretFromAgent('ROOTCA'),
    },
  }
}

/** A secret that the agent serves: `default` (certificate and key) or `ROOTCA`. */
export function secretFromAgent(name: string): Plain {
  return {
    name,
    sdsConfig: {
      apiConfigSource: {
        apiType: 'GRPC',
        transportApiVersion: 'V3',
        setNodeOnFirstMessageOnly: true,
        grpcServices: [{ envoyGrpc: { clusterName: 'sds-grpc' } }],
      },
      // The agent may need long for its first certificate: wait, rather than serve without one.
      initialFetchTimeout: durationFromMs(0),
      resourceApiVersion: 'V3',
    },
  }
}
