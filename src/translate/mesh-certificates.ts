/**
 * The mesh's own certificates in a TLS context: Envoy fetches them from its agent over a Unix socket (static cluster
 * `sds-grpc`), never from here, so that no private key passes the control plane.
 */

import type { Plain } from './envoy-messages.ts'
import { durationFromMs } from './well-known.ts'

/** The part of a CommonTlsContext that proves who we are and checks the peer's chain and name. */
export function meshCertificates({ identities, trustDomains }: PeerNames): Plain {
  return {
    tlsCertificateSdsSecretConfigs: [secretFromAgent('default')],
    combinedValidationContext: {
      defaultValidationContext: {
        matchTypedSubjectAltNames: [
          ...identities.map(identity => ({ sanType: 'URI', matcher: { exact: identity } })),
          ...trustDomains.map(domain => ({ sanType: 'URI', matcher: { prefix: `spiffe://${domain}/` } })),
        ],
      },
      validationContextSdsSecretConfig: secretFromAgent('ROOTCA'),
    },
  }
}

/** The peer must have one of the URI SANs, or be of one of the trust domains; neither given: any name will do. */
export interface PeerNames {
  readonly identities: readonly string[]
  readonly trustDomains: readonly string[]
}

/** A secret that the agent serves: `default` (certificate and key) or `ROOTCA`. */
export function secretFromAgent(name: string): Plain {
  // The agent may need long for its first certificate: wait, rather than serve without one.
  return agentSecret(name, 0)
}

/**
 * A file of the workload: `file-cert:CHAIN~KEY`, `file-root:PATH`, `file-root:system`. One that is not there must not
 * keep Envoy from starting: connections that need it fail until it comes.
 */
export function fileFromAgent(name: string): Plain {
  return agentSecret(name, 2_000)
}

/** `waitMs` 0: without end. */
function agentSecret(name: string, waitMs: number): Plain {
  return {
    name,
    sdsConfig: {
      apiConfigSource: {
        apiType: 'GRPC',
        transportApiVersion: 'V3',
        setNodeOnFirstMessageOnly: true,
        grpcServices: [{ envoyGrpc: { clusterName: 'sds-grpc' } }],
      },
      initialFetchTimeout: durationFromMs(waitMs),
      resourceApiVersion: 'V3',
    },
  }
}
