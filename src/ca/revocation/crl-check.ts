/**
 * The last look at a list before proxies get it: a list that does not verify makes them refuse every leaf of its issuer.
 * Reads the finished bytes, whoever made them; shares no code with the writer.
 */

import { verify, X509Certificate } from 'node:crypto'
import { MeshwrightError } from '../../platform/errors.ts'
import { namesIn } from '../certificates/signer.ts'
import { oids } from '../der/oids.ts'
import { type DerElement, DerReader, unsignedFrom, wholeBytesFrom } from '../der/reader.ts'
import { contextConstructed, tags } from '../der/tags.ts'

export interface CheckedCrl {
  /** Undefined: it has none, which only lists by others lack. */
  readonly number: bigint | undefined
  readonly thisUpdateMs: number
  readonly nextUpdateMs: number
  /** Upper-case hexadecimal, as in issuances. */
  readonly serialNumbers: readonly string[]
}

/** Throws `CRL_INVALID` unless it is a list by this issuer, signed by its key, that has begun and not ended. */
export function checkCrl(der: Buffer, issuerPem: string, nowMs: number): CheckedCrl {
  try {
    return read(der, new X509Certificate(issuerPem), nowMs)
  } catch (cause) {
    throw new MeshwrightError('CRL_INVALID', {
      message: `the revocation list cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    })
  }
}

/** A list may come a little from the future, from a clock that is ahead. */
const skewMs = 5 * 60_000

const hashes = [
  { name: oids.ecdsaWithSha256, hash: 'sha256' },
  { name: oids.ecdsaWithSha384, hash: 'sha384' },
  { name: oids.ecdsaWithSha512, hash: 'sha512' },
  { name: oids.sha256WithRsa, hash: 'sha256' },
  { name: oids.sha384WithRsa, hash: 'sha384' },
  { name: oids.sha512WithRsa, hash: 'sha512' },
]

function read(der: Buffer, issuer: X509Certificate, nowMs: number): CheckedCrl {
  const outer = new DerReader(der)
  const list = outer.readSequence()
  outer.end()
  const signed = list.read(tags.sequence)
  const algorithm = list.read(tags.sequence)
  const signature = wholeBytesFrom(list.read(tags.bitString))
  list.end()

  const fields = new DerReader(signed.content)
  if (fields.peekTag() === tags.integer && unsignedFrom(fields.read(tags.integer))[0] !== 1) throw new Error('version')
  if (!fields.read(tags.sequence).raw.equals(algorithm.raw)) throw new Error('two signature algorithms')
  const { subject } = namesIn(issuer.raw)
  if (!fields.read(tags.sequence).raw.equals(subject)) throw new Error('another issuer')
  const name = new DerReader(algorithm.content).read(tags.oid).raw
  const hash = hashes.find(known => known.name.equals(name))?.hash
  if (hash === undefined) throw new Error('an unknown signature algorithm')
  if (!verify(hash, signed.raw, issuer.publicKey, signature)) throw new Error('the signature is not by its issuer')

  const thisUpdateMs = timeFrom(fields.readAny())
  if (!isTime(fields.peekTag())) throw new Error('no next update')
  const nextUpdateMs = timeFrom(fields.readAny())
  if (thisUpdateMs > nowMs + skewMs) throw new Error('it is not valid yet')
  if (nextUpdateMs <= nowMs) throw new Error('it is out of date')
  const entries = fields.peekTag() === tags.sequence ? fields.readSequence() : undefined
  const serialNumbers: string[] = []
  while (entries !== undefined && !entries.atEnd) {
    serialNumbers.push(unsignedFrom(entries.readSequence().read(tags.integer)).toString('hex').toUpperCase())
  }
  const number = fields.atEnd ? undefined : crlNumberIn(fields.read(contextConstructed(0)))
  fields.end()
  return { number, thisUpdateMs, nextUpdateMs, serialNumbers }
}

function crlNumberIn(wrapped: DerElement): bigint | undefined {
  const extensions = new DerReader(wrapped.content).readSequence()
  while (!extensions.atEnd) {
    const extension = extensions.readSequence()
    const isNumber = extension.read(tags.oid).raw.equals(oids.crlNumber)
    if (extension.peekTag() === tags.boolean) extension.readAny()
    const value = new DerReader(extension.read(tags.octetString).content)
    if (isNumber) return BigInt(`0x${unsignedFrom(value.read(tags.integer)).toString('hex')}`)
  }
  return undefined
}

const isTime = (tag: number | undefined): boolean => tag === tags.utcTime || tag === tags.generalizedTime

/** RFC 5280 section 4.1.2.5: always seconds, always Z. */
function timeFrom({ tag, content }: DerElement): number {
  const text = content.toString('latin1')
  const match = /^(\d\d|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  const [, year = '', month = '', day = '', hour = '', minute = '', second = ''] = match ?? []
  if (match === null || !isTime(tag) || year.length !== (tag === tags.utcTime ? 2 : 4)) throw new Error('a time')
  const fullYear = year.length === 4 ? Number(year) : Number(year) + (Number(year) < 50 ? 2000 : 1900)
  return Date.UTC(fullYear, Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
}
