import { rootCertificate as pem } from '../root-certificate.ts'
import { inside, type SettingsCase } from '../settings-cases.ts'

export const identityCases: readonly SettingsCase[] = [
  {
    rule: 'the trust domain is no host of an identity',
    refused: 'trustDomain: a/b',
    accepted: 'trustDomain: a.b',
    field: 'trustDomain',
  },
  { rule: 'the trust domain is empty', refused: 'trustDomain: ""', accepted: 'trustDomain: a', field: 'trustDomain' },
  {
    rule: 'an alias is no trust domain',
    refused: 'trustDomainAliases: [a, "b c"]',
    accepted: 'trustDomainAliases: [a, b_c]',
    field: 'trustDomainAliases[1]',
  },
  ...inside(
    'caCertificates: [{□}]',
    { rule: 'a root is not said', refused: 'trustDomains: [a]', accepted: `pem: ${pem}`, field: 'caCertificates[0]' },
    {
      rule: 'a root is said in two ways',
      refused: `pem: ${pem}, spiffeBundleUrl: "https://a.example"`,
      accepted: `pem: ${pem}`,
      field: 'caCertificates[0].spiffeBundleUrl',
    },
    {
      rule: 'a root is no certificate',
      refused: 'pem: "-----BEGIN CERTIFICATE-----\\nQQ==\\n-----END CERTIFICATE-----"',
      accepted: `pem: ${pem}`,
      field: 'caCertificates[0].pem',
    },
    {
      rule: 'a bundle would come in clear text',
      refused: 'spiffeBundleUrl: "http://a.example/b"',
      accepted: 'spiffeBundleUrl: "https://a.example/b"',
      field: 'caCertificates[0].spiffeBundleUrl',
    },
    {
      rule: 'a root is for what is no trust domain',
      refused: `pem: ${pem}, trustDomains: [A]`,
      accepted: `pem: ${pem}, trustDomains: [a]`,
      field: 'caCertificates[0].trustDomains[0]',
    },
  ),
  ...inside(
    'ca: {□}',
    { rule: 'an outer authority has no address', refused: '', accepted: 'address: "ca:1"', field: 'ca.address' },
    {
      rule: 'the address of an outer authority has no port',
      refused: 'address: ca.example',
      accepted: 'address: "ca.example:8932"',
      field: 'ca.address',
    },
    {
      rule: 'an outer authority may take no time',
      refused: 'address: "ca:1", requestTimeout: 0s',
      accepted: 'address: "ca:1", requestTimeout: 1s',
      field: 'ca.requestTimeout',
    },
    {
      rule: 'the key for an outer authority is missing',
      refused: 'address: "ca:1", tlsSettings: {mode: MUTUAL, clientCertificate: /c}',
      accepted: 'address: "ca:1", tlsSettings: {mode: MUTUAL, clientCertificate: /c, privateKey: /k}',
      field: 'ca.tlsSettings.privateKey',
    },
  ),
  {
    rule: 'nobody knows a curve',
    warns: true,
    refused: 'tlsDefaults: {ecdhCurves: [P-257]}',
    accepted: 'tlsDefaults: {ecdhCurves: [P-256]}',
    field: 'tlsDefaults.ecdhCurves[0]',
  },
  {
    rule: 'a curve is there twice',
    warns: true,
    refused: 'tlsDefaults: {ecdhCurves: [P-256, P-256]}',
    accepted: 'tlsDefaults: {ecdhCurves: [P-256, P-384]}',
    field: 'tlsDefaults.ecdhCurves[1]',
  },
  {
    rule: 'nobody knows a cipher',
    warns: true,
    refused: 'meshMTLS: {cipherSuites: [RC4]}',
    accepted: 'meshMTLS: {cipherSuites: [ECDHE-RSA-AES256-GCM-SHA384]}',
    field: 'meshMTLS.cipherSuites[0]',
  },
]
