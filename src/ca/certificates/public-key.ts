/**
 * Which public keys may be certified: EC on P-256 or P-384 (named curve, uncompressed point), RSA of 2048 to 4096 bits,
 * and, where the settings allow it, Ed25519. Everything that is accepted is in its one DER spelling, so its bytes go into
 * the certificate as they are.
 */

import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import type { Log } from '../../platform/log.ts'
import type { SpiffeId } from '../../platform/spiffe.ts'
import { oids } from '../der/oids.ts'
import { type DerElement, DerReader, unsignedFrom, wholeBytesFrom } from '../der/reader.ts'
import { tags } from '../der/tags.ts'
import { csrError } from './csr-error.ts'
import { pemFromDer } from './pem.ts'

export interface SubjectPublicKey {
  readonly kind: KeyKind
  /** DER of the SubjectPublicKeyInfo. */
  readonly info: Buffer
  /** SHA-256 of `info`, lower-case hexadecimal: names the key in the log and in join tokens. */
  readonly fingerprint: string
  /** The first 160 bits of SHA-256 of the key bits (RFC 7093 section 2, method 1). */
  readonly identifier: Buffer
  /** PEM of the request in which its possession was shown, without the text around it; absent for keys made here. */
  readonly request?: () => string
}

export type KeyKind = 'ec' | 'rsa' | 'ed25519'

export interface KeyRules {
  /** Envoy refuses peers with such keys. */
  readonly ed25519: 'allowed' | 'refused'
}

/** Said with each certificate for such a key. */
export function warnOfEd25519(log: Log, workload: { readonly identity: SpiffeId; readonly peerAddress: string }): void {
  const { identity, peerAddress } = workload
  log.warn({ identity: identity.uri, peer: peerAddress }, 'an Ed25519 key: Envoys refuse this workload')
}

export const strictKeyRules: KeyRules = { ed25519: 'refused' }

/**
 * `info` is a SubjectPublicKeyInfo. Whether a point lies on its curve is only known when the key is opened (`openedKey`).
 * Throws `CA_CSR_INVALID` or a `DerError`.
 */
export function subjectPublicKeyFrom(info: DerElement, rules = strictKeyRules): SubjectPublicKey {
  const reader = new DerReader(info.content)
  const algorithm = reader.readSequence()
  const bits = wholeBytesFrom(reader.read(tags.bitString))
  reader.end()
  const kind = kindOf(algorithm, bits, rules)
  return {
    kind,
    info: info.raw,
    fingerprint: hash('sha256', info.raw, 'hex'),
    identifier: hash('sha256', bits, 'buffer').subarray(0, 20),
  }
}

const curves = [
  { name: oids.prime256v1, pointBytes: 65 },
  { name: oids.secp384r1, pointBytes: 97 },
]

function kindOf(algorithm: DerReader, bits: Buffer, rules: KeyRules): KeyKind {
  const name = algorithm.read(tags.oid).raw
  if (name.equals(oids.ed25519)) {
    algorithm.end()
    if (rules.ed25519 === 'refused') throw csrError('the settings of this authority do not allow Ed25519 keys')
    if (bits.length !== ed25519Bytes) throw csrError(`an Ed25519 key has ${ed25519Bytes} bytes`)
    return 'ed25519'
  }
  const parameters = algorithm.readAny().raw
  algorithm.end()
  if (name.equals(oids.ecPublicKey)) {
    const curve = curves.find(known => known.name.equals(parameters))
    if (curve === undefined) throw csrError('the elliptic curve of the key is neither P-256 nor P-384')
    if (bits.length !== curve.pointBytes || bits[0] !== 4)
      throw csrError('the point of the key is not a whole, uncompressed one')
    return 'ec'
  }
  if (name.equals(oids.rsaEncryption)) {
    if (!parameters.equals(rsaParameters)) throw csrError('the RSA key has unexpected parameters')
    requireSoundRsa(bits)
    return 'rsa'
  }
  throw csrError('the key is neither an EC nor an RSA key')
}

const ed25519Bytes = 32
const rsaParameters = Buffer.from([tags.null, 0])
const smallestRsaBits = 2048
const largestRsaBits = 4096
/** Larger exponents are refused by common TLS stacks, which would break a workload only when it is called. */
const largestRsaExponent = 2 ** 31 - 1

function requireSoundRsa(bits: Buffer): void {
  const outer = new DerReader(bits)
  const numbers = outer.readSequence()
  outer.end()
  const modulus = unsignedFrom(numbers.read(tags.integer))
  const exponent = unsignedFrom(numbers.read(tags.integer))
  numbers.end()
  const modulusBits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24
  if (modulusBits < smallestRsaBits || modulusBits > largestRsaBits) {
    throw csrError(`the RSA key has ${modulusBits} bits, and ${smallestRsaBits} to ${largestRsaBits} are allowed`)
  }
  if (((modulus.at(-1) ?? 0) & 1) === 0) throw csrError('the RSA modulus is even')
  requireNoSmallFactor(modulus)
  const value = exponent.length > 4 ? Number.POSITIVE_INFINITY : exponent.readUIntBE(0, exponent.length)
  if (value < 3 || value % 2 === 0 || value > largestRsaExponent) {
    throw csrError('the RSA exponent is not an odd number from 3 to 2147483647')
  }
}

/** A modulus that a small prime divides was made by a broken generator, or by somebody who wants it to be broken. */
function requireNoSmallFactor(modulus: Buffer): void {
  const value = BigInt(`0x${modulus.toString('hex')}`)
  for (let [a, b] = [smallPrimorial, value % smallPrimorial]; ; [a, b] = [b, a % b]) {
    if (b !== 0n) continue
    if (a !== 1n) throw csrError('the RSA modulus has a small factor')
    return
  }
}

/** The product of the odd primes below 752, as browsers' programmes ask authorities to try. */
const smallPrimorial: bigint = oddPrimesBelow(752).reduce((product, prime) => product * BigInt(prime), 1n)

function oddPrimesBelow(limit: number): readonly number[] {
  const primes: number[] = []
  for (let candidate = 3; candidate < limit; candidate += 2) {
    if (primes.every(prime => candidate % prime !== 0)) primes.push(candidate)
  }
  return primes
}

/**
 * OpenSSL checks here that an EC point lies on its curve. From PEM, because that takes a quarter less time than from DER
 * (bench/ca.ts). Throws `CA_CSR_INVALID`.
 */
export function openedKey({ info }: SubjectPublicKey): KeyObject {
  try {
    return createPublicKey(pemFromDer('PUBLIC KEY', info))
  } catch (cause) {
    throw csrError('the public key is not a valid one of its kind', cause)
  }
}
