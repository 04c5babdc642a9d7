/** Object identifiers of RFC 5280, 5480, 8017 and 5758, as finished DER elements. */

import { oid } from './writer.ts'

export const oids = {
  rsaEncryption: oid('1.2.840.113549.1.1.1'),
  ecPublicKey: oid('1.2.840.10045.2.1'),
  prime256v1: oid('1.2.840.10045.3.1.7'),
  secp384r1: oid('1.3.132.0.34'),

  ed25519: oid('1.3.101.112'),

  sha256WithRsa: oid('1.2.840.113549.1.1.11'),
  sha384WithRsa: oid('1.2.840.113549.1.1.12'),
  sha512WithRsa: oid('1.2.840.113549.1.1.13'),
  ecdsaWithSha256: oid('1.2.840.10045.4.3.2'),
  ecdsaWithSha384: oid('1.2.840.10045.4.3.3'),
  ecdsaWithSha512: oid('1.2.840.10045.4.3.4'),

  commonName: oid('2.5.4.3'),
  organizationName: oid('2.5.4.10'),

  extensionRequest: oid('1.2.840.113549.1.9.14'),

  subjectKeyIdentifier: oid('2.5.29.14'),
  keyUsage: oid('2.5.29.15'),
  subjectAltName: oid('2.5.29.17'),
  basicConstraints: oid('2.5.29.19'),
  crlNumber: oid('2.5.29.20'),
  reasonCode: oid('2.5.29.21'),
  sha1: oid('1.3.14.3.2.26'),
  sha256: oid('2.16.840.1.101.3.4.2.1'),
  ocspBasic: oid('1.3.6.1.5.5.7.48.1.1'),
  authorityKeyIdentifier: oid('2.5.29.35'),
  extendedKeyUsage: oid('2.5.29.37'),
  serverAuth: oid('1.3.6.1.5.5.7.3.1'),
  clientAuth: oid('1.3.6.1.5.5.7.3.2'),
} as const
