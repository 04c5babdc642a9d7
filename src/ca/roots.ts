/**
 * The self-signed root: made at the first start, the same ever after. The newest stored root signs.
 */

import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Clock } from '../platform/clock.ts'
import { MeshwrightError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { oids } from './der/oids.ts'
import { DerReader } from './der/reader.ts'
import { tags } from './der/tags.ts'
import { explicit, sequence, setOf, time, unsignedInteger, utf8String } from './der/writer.ts'
import { authorityBasicConstraints, authorityKeyIdentifier, rootKeyUsage, subjectKeyIdentifier } from './extensions.ts'
import { serialNumberFrom, version3 } from './leaf.ts'
import { pemFromDer } from './pem.ts'
import { subjectPublicKeyFrom } from './public-key.ts'
import type { SecretSealer } from './sealed-secrets.ts'
import { certificateDer, type Signer, signerFrom, signingBy } from './signer.ts'
import type { CaStore, StoredRoot } from './store.ts'
import type { TrustedRoot } from './trust/trust-state.ts'
import { backdatedMs } from './ttl.ts'

export interface Roots {
  /** Signs new leaves. */
  readonly current: Signer
  /** Every root that was made here, the oldest first. What is trusted is the trust store's business. */
  readonly made: readonly TrustedRoot[]
}

export interface RootsOptions {
  readonly store: CaStore
  readonly sealer: SecretSealer
  readonly clock: Clock
  readonly log: Log
  readonly trustDomain: string
}

/** Resolves when the root is on disk. Throws `CA_KEY_UNREADABLE`. */
export async function openRoots(options: RootsOptions): Promise<Roots> {
  const { store, sealer, clock, log, trustDomain } = options
  let stored = store.roots()
  if (stored.length === 0) {
    const made = makeRoot(trustDomain, clock.now(), sealer)
    await store.addRoot(made)
    log.info({ trustDomain, fingerprint: made.fingerprint }, 'root certificate made')
    stored = [made]
  }
  const newest = stored.at(-1)
  if (newest === undefined) throw new MeshwrightError('CA_NOT_READY', { message: 'there is no root certificate' })
  return {
    current: openRoot(newest, sealer),
    made: stored.map(({ fingerprint, certificatePem }) => ({ fingerprint, pem: certificatePem })),
  }
}

export const rootLifeMs = 3650 * 24 * 3_600_000

function openRoot(root: StoredRoot, sealer: SecretSealer): Signer {
  const key = createPrivateKey({
    key: sealer.open(sealedName(root.fingerprint), root.sealedKey),
    format: 'der',
    type: 'pkcs8',
  })
  return signerFrom(root.certificatePem, key)
}

function makeRoot(trustDomain: string, nowMs: number, sealer: SecretSealer): StoredRoot {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const info = pair.publicKey.export({ format: 'der', type: 'spki' })
  const publicKey = subjectPublicKeyFrom(new DerReader(info).read(tags.sequence))
  const name = sequence(setOf(sequence(oids.organizationName, utf8String(trustDomain.slice(0, longestOrganization)))))
  const self = signingBy(pair.privateKey)
  const tbs = sequence(
    version3,
    unsignedInteger(serialNumberFrom(randomBytes(16))),
    self.signatureAlgorithm,
    name,
    sequence(time(nowMs - backdatedMs), time(nowMs + rootLifeMs)),
    name,
    info,
    explicit(
      3,
      sequence(
        rootKeyUsage,
        authorityBasicConstraints,
        subjectKeyIdentifier(publicKey.identifier),
        authorityKeyIdentifier(publicKey.identifier),
      ),
    ),
  )
  const certificatePem = pemFromDer('CERTIFICATE', certificateDer(tbs, self))
  const { fingerprint } = signerFrom(certificatePem, pair.privateKey)
  const secret = pair.privateKey.export({ format: 'der', type: 'pkcs8' })
  return { fingerprint, certificatePem, sealedKey: sealer.seal(sealedName(fingerprint), secret), addedAtMs: nowMs }
}

/** ub-organization-name of RFC 5280; trust domains may be longer. */
const longestOrganization = 64

const sealedName = (fingerprint: string): string => `root ${fingerprint}`
