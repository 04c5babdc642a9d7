/**
 * The two secrets that Envoy asks the agent for, as envoy.extensions.transport_sockets.tls.v3.Secret. A few nested
 * messages are written by hand: loading their schemas would cost more memory than all of this agent.
 */

import { type EncodedResource, encodedResource, lengthDelimited, varint } from '../../platform/encoded-resource.ts'
import { typeUrls } from '../../xds/type-rules.ts'
import type { FederatedRoots, MeshTrust } from '../attend/mesh-trust.ts'
import type { WorkloadCertificate } from '../identity/workload-certificate.ts'

/** The names that generated configuration refers to. */
export const certificateSecretName = 'default'
export const rootsSecretName = 'ROOTCA'

/** Secret{name 1, tls_certificate 2 {certificate_chain 1, private_key 2}} */
export function certificateSecret(certificate: WorkloadCertificate): EncodedResource {
  return secret(certificateSecretName, lengthDelimited(2, tlsCertificate(certificate)))
}

function tlsCertificate({ chainPem, keyPem }: Pick<WorkloadCertificate, 'chainPem' | 'keyPem'>): Buffer {
  return Buffer.concat([lengthDelimited(1, inlineBytes(chainPem)), lengthDelimited(2, inlineBytes(keyPem))])
}

/**
 * Secret{name 1, validation_context 4 CertificateValidationContext}. `trustDomain`: the own one. With other domains'
 * roots the SPIFFE validator keeps each root to names of its own domain; it knows no CRLs, and the daemon sends none then.
 */
export function rootsSecret(trust: MeshTrust, trustDomain: string): EncodedResource {
  return secret(rootsSecretName, lengthDelimited(4, validationContext(trust, trustDomain)))
}

/** CertificateValidationContext{trusted_ca 1, crl 7, custom_validator_config 12, only_verify_leaf_cert_crl 14} */
function validationContext({ rootsPem, crlsPem, federated }: MeshTrust, trustDomain: string): Buffer {
  const trustedCa = lengthDelimited(1, inlineBytes(rootsPem))
  if (federated.length > 0) {
    const bundles = [{ trustDomain, rootsPem }, ...federated]
    const validator = Buffer.concat([
      lengthDelimited(1, Buffer.from('envoy.tls.cert_validator.spiffe')),
      lengthDelimited(2, spiffeValidator(bundles)),
    ])
    return Buffer.concat([trustedCa, lengthDelimited(12, validator)])
  }
  if (crlsPem === '') return trustedCa
  const leafOnly = Buffer.concat([varint(14 * 8), varint(1)])
  return Buffer.concat([trustedCa, lengthDelimited(7, inlineBytes(crlsPem)), leafOnly])
}

/** Any{type_url 1, value 2 SPIFFECertValidatorConfig{trust_domains 1 {name 1, trust_bundle 2}}} */
function spiffeValidator(bundles: readonly FederatedRoots[]): Buffer {
  const domains = bundles.map(({ trustDomain, rootsPem }) =>
    lengthDelimited(
      1,
      Buffer.concat([lengthDelimited(1, Buffer.from(trustDomain)), lengthDelimited(2, inlineBytes(rootsPem))]),
    ),
  )
  return Buffer.concat([
    lengthDelimited(1, Buffer.from(spiffeValidatorType)),
    lengthDelimited(2, Buffer.concat(domains)),
  ])
}

const spiffeValidatorType = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig'

function secret(name: string, content: Buffer): EncodedResource {
  return encodedResource(typeUrls.secret, name, Buffer.concat([lengthDelimited(1, Buffer.from(name)), content]))
}

/** A certificate with its key, or roots, from files of the workload. */
export type FileSecret =
  | { readonly kind: 'certificate'; readonly chainPem: string; readonly keyPem: string }
  | { readonly kind: 'roots'; readonly rootsPem: string }

export function fileSecret(name: string, content: FileSecret): EncodedResource {
  switch (content.kind) {
    case 'certificate':
      return secret(name, lengthDelimited(2, tlsCertificate(content)))
    case 'roots':
      return secret(name, lengthDelimited(4, lengthDelimited(1, inlineBytes(content.rootsPem))))
  }
}

/** DataSource{inline_bytes 2} */
function inlineBytes(pem: string): Buffer {
  return lengthDelimited(2, Buffer.from(pem))
}
