/** Writes certificate revocation lists: version 2, complete, of one issuer (RFC 5280 section 5). */

import { authorityKeyIdentifier } from '../certificates/extensions.ts'
import type { Signer } from '../certificates/signer.ts'
import { oids } from '../der/oids.ts'
import { tags } from '../der/tags.ts'
import { bitString, element, explicit, octetString, sequence, time, unsignedInteger } from '../der/writer.ts'
import { type RevocationReason, revocationReasons } from './reasons.ts'

export interface CrlContent {
  /** Each list of an issuer has a greater one than the list before. */
  readonly number: bigint
  readonly thisUpdateMs: number
  readonly nextUpdateMs: number
  readonly entries: readonly CrlEntry[]
}

export interface CrlEntry {
  /** Hexadecimal. */
  readonly serialNumber: string
  readonly revokedAtMs: number
  readonly reason: RevocationReason
}

/** DER. Cost: some 3 µs an entry and one signature. */
export function crlDer(content: CrlContent, signer: Signer): Buffer {
  const { number, thisUpdateMs, nextUpdateMs, entries } = content
  const tbs = sequence(
    version2,
    signer.signatureAlgorithm,
    signer.subject,
    time(thisUpdateMs),
    time(nextUpdateMs),
    // An empty list of entries must be left out (section 5.1.2.6).
    ...(entries.length === 0 ? [] : [sequence(...entries.map(revokedCertificate))]),
    explicit(0, sequence(authorityKeyIdentifier(signer.keyIdentifier), crlNumber(number))),
  )
  return sequence(tbs, signer.signatureAlgorithm, bitString(signer.sign(tbs)))
}

const version2 = unsignedInteger(Buffer.from([1]))

function revokedCertificate({ serialNumber, revokedAtMs, reason }: CrlEntry): Buffer {
  const serial = unsignedInteger(Buffer.from(serialNumber, 'hex'))
  const extensions = entryExtensions[reason]
  return extensions === undefined
    ? sequence(serial, time(revokedAtMs))
    : sequence(serial, time(revokedAtMs), extensions)
}

/** "The reason code CRL entry extension SHOULD be absent instead of using the unspecified (0) reasonCode value." */
const entryExtensions = Object.fromEntries(
  Object.entries(revocationReasons)
    .filter(([, code]) => code !== 0)
    .map(([name, code]) => [
      name,
      sequence(sequence(oids.reasonCode, octetString(element(tags.enumerated, Buffer.from([code]))))),
    ]),
) as Partial<Readonly<Record<RevocationReason, Buffer>>>

function crlNumber(number: bigint): Buffer {
  const hex = number.toString(16)
  const magnitude = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return sequence(oids.crlNumber, octetString(unsignedInteger(magnitude)))
}
