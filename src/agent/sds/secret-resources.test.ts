import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageBytes } from '../../platform/encoded-resource.ts'
import { loadProtos } from '../../platform/protobuf.ts'
import { spiffeIdOf } from '../../platform/spiffe.ts'
import { trustFromCertificate } from '../attend/mesh-trust.ts'
import type { WorkloadCertificate } from '../identity/workload-certificate.ts'
import { certificateSecret, rootsSecret } from './secret-resources.ts'

const certificate: WorkloadCertificate = {
  spiffeId: spiffeIdOf({ trustDomain: 'cluster.local', namespace: 'photo', serviceAccount: 'web' }),
  keyPem: 'the key',
  chainPem: 'the chain',
  rootsPem: 'the roots',
  serialNumber: '01',
  issuedAtMs: 0,
  notAfterMs: 1,
}

test("the secrets decode with Envoy's own schema to the certificate with its key, and to the roots", () => {
  const root = loadProtos([
    'envoy/extensions/transport_sockets/tls/v3/secret.proto',
    'envoy/service/discovery/v3/discovery.proto',
  ])
  const response = root.lookupType('envoy.service.discovery.v3.DiscoveryResponse')
  const secret = root.lookupType('envoy.extensions.transport_sockets.tls.v3.Secret')
  const decoded = (any: Buffer): unknown => {
    const { resources } = response.decode(any) as unknown as { resources: { type_url: string; value: Uint8Array }[] }
    assert.equal(resources[0]?.type_url, 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret')
    return secret.toObject(secret.decode(resources[0].value), { bytes: String })
  }
  const base64 = (text: string) => ({ inlineBytes: Buffer.from(text).toString('base64') })
  assert.deepEqual(decoded(certificateSecret(certificate).any), {
    name: 'default',
    tlsCertificate: { certificateChain: base64('the chain'), privateKey: base64('the key') },
  })
  assert.deepEqual(decoded(rootsSecret(trustFromCertificate(certificate), 'cluster.local').any), {
    name: 'ROOTCA',
    validationContext: { trustedCa: base64('the roots') },
  })
  const trust = { generation: 3, rootsPem: 'the roots', crlsPem: 'the lists', federated: [] }
  assert.deepEqual(decoded(rootsSecret(trust, 'cluster.local').any), {
    name: 'ROOTCA',
    validationContext: {
      trustedCa: base64('the roots'),
      crl: base64('the lists'),
      onlyVerifyLeafCertCrl: true,
    },
  })
})

test("with another domain's roots each root counts for names of its own domain only", () => {
  const root = loadProtos([
    'envoy/extensions/transport_sockets/tls/v3/secret.proto',
    'envoy/extensions/transport_sockets/tls/v3/tls_spiffe_validator_config.proto',
  ])
  const secret = root.lookupType('envoy.extensions.transport_sockets.tls.v3.Secret')
  const config = root.lookupType('envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig')
  const federated = [{ trustDomain: 'other.example', rootsPem: 'their roots' }]
  const trust = { generation: 3, rootsPem: 'our roots', crlsPem: '', federated }
  const plain = secret.toObject(secret.decode(messageBytes(rootsSecret(trust, 'cluster.local'))))
  const { name, typedConfig } = plain.validationContext.customValidatorConfig
  assert.equal(name, 'envoy.tls.cert_validator.spiffe')
  assert.equal(
    typedConfig.type_url,
    'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig',
  )
  const domains = config.toObject(config.decode(typedConfig.value)).trustDomains as {
    name: string
    trustBundle: { inlineBytes: Buffer }
  }[]
  assert.deepEqual(
    domains.map(domain => [domain.name, domain.trustBundle.inlineBytes.toString()]),
    [
      ['cluster.local', 'our roots'],
      ['other.example', 'their roots'],
    ],
  )
})

test('a renewal changes the version of the certificate and not of the roots', () => {
  const renewed = { ...certificate, chainPem: 'another chain' }
  assert.notEqual(certificateSecret(renewed).version, certificateSecret(certificate).version)
  const roots = (from: WorkloadCertificate) => rootsSecret(trustFromCertificate(from), 'cluster.local').version
  assert.equal(roots(renewed), roots(certificate))
})
