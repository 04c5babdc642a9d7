/** The extensions that certificates made here carry (RFC 5280 section 4.2), each as a finished DER element. */

import ipaddr from 'ipaddr.js'
import { oids } from '../der/oids.ts'
import { contextPrimitive } from '../der/tags.ts'
import { derTrue, element, namedBits, octetString, sequence, unsignedInteger } from '../der/writer.ts'
import type { IdentityProof } from './identity-proof.ts'

type Extension = Buffer

/** digitalSignature and keyEncipherment. */
export const leafKeyUsage: Extension = critical(oids.keyUsage, namedBits([0, 2]))
/** keyCertSign and cRLSign. */
export const rootKeyUsage: Extension = critical(oids.keyUsage, namedBits([5, 6]))
export const serverAndClientAuth: Extension = plain(oids.extendedKeyUsage, sequence(oids.serverAuth, oids.clientAuth))
/** CA is false by default, and DER leaves defaults out. */
export const leafBasicConstraints: Extension = critical(oids.basicConstraints, sequence())
/** Without a limit below: a cross-signed root and an intermediate may stand between it and the leaves. */
export const authorityBasicConstraints: Extension = critical(oids.basicConstraints, sequence(derTrue))

/** An authority that has leaves below it and no other authority. */
export const lastAuthorityConstraints: Extension = critical(
  oids.basicConstraints,
  sequence(derTrue, unsignedInteger(Buffer.from([0]))),
)

export const subjectKeyIdentifier = (identifier: Buffer): Extension =>
  plain(oids.subjectKeyIdentifier, octetString(identifier))

export const authorityKeyIdentifier = (identifier: Buffer): Extension =>
  plain(oids.authorityKeyIdentifier, sequence(element(contextPrimitive(0), identifier)))

/** Critical, because the subject is empty (RFC 5280 section 4.2.1.6). Nothing but the proof decides what is in it. */
export function subjectAltName(proof: IdentityProof): Extension {
  return critical(oids.subjectAltName, sequence(...generalNames(proof)))
}

/** For a request: what an authority elsewhere is asked for. */
export function uriAltName(uri: string): Extension {
  return critical(oids.subjectAltName, sequence(uriName(uri)))
}

const uriName = (uri: string): Buffer => element(contextPrimitive(6), Buffer.from(uri, 'latin1'))

function generalNames(proof: IdentityProof): readonly Buffer[] {
  if (proof.kind === 'workload') return [uriName(proof.identity.uri)]
  return [
    ...proof.dnsNames.map(name => element(contextPrimitive(2), Buffer.from(name, 'latin1'))),
    ...proof.ipAddresses.map(address => element(contextPrimitive(7), Buffer.from(ipaddr.parse(address).toByteArray()))),
  ]
}

function critical(name: Buffer, value: Buffer): Extension {
  return sequence(name, derTrue, octetString(value))
}

function plain(name: Buffer, value: Buffer): Extension {
  return sequence(name, octetString(value))
}
