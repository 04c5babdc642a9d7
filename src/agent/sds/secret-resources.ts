/**
 * The two secrets that Envoy asks the agent for, as envoy.extensions.transport_sockets.tls.v3.Secret. Three nested
 * messages of one field each are written by hand: loading their schemas would cost more memory than all of this agent.
 */

import { type EncodedResource, encodedResource, lengthDelimited } from '../../platform/encoded-resource.ts'
import { typeUrls } from '../../xds/type-rules.ts'
import type { WorkloadCertificate } from '../identity/workload-certificate.ts'

/** The names that generated configuration refers to. */
export const certificateSecretName = 'default'
export const rootsSecretName = 'ROOTCA'

/** Secret{name 1, tls_certificate 2 {certificate_chain 1, private_key 2}} */
export function certificateSecret(certificate: WorkloadCertificate): EncodedResource {
  const tlsCertificate = Buffer.concat([
    lengthDelimited(1, inlineBytes(certificate.chainPem)),
    lengthDelimited(2, inlineBytes(certificate.keyPem)),
  ])
  return secret(certificateSecretName, lengthDelimited(2, tlsCertificate))
}

/** Secret{name 1, validation_context 4 {trusted_ca 1}} */
export function rootsSecret(certificate: WorkloadCertificate): EncodedResource {
  return secret(rootsSecretName, lengthDelimited(4, lengthDelimited(1, inlineBytes(certificate.rootsPem))))
}

function secret(name: string, content: Buffer): EncodedResource {
  return encodedResource(typeUrls.secret, name, Buffer.concat([lengthDelimited(1, Buffer.from(name)), content]))
}

/** DataSource{inline_bytes 2} */
function inlineBytes(pem: string): Buffer {
  return lengthDelimited(2, Buffer.from(pem))
}
