/**
 * An authority under a root that is kept elsewhere, offline for instance: its key is made here and never leaves, its
 * request is signed there, the chain is installed here. Before the first chain, the daemon's own servers have a
 * certificate of a root of its own, which goes when the chain comes, and workloads wait.
 */

import type { X509Certificate } from 'node:crypto'
import type { Clock } from '../../../platform/clock.ts'
import { MeshwrightError } from '../../../platform/errors.ts'
import type { Log } from '../../../platform/log.ts'
import { type CaKeyKind, newCaKey } from '../../certificates/ca-key.ts'
import { certificateRequest } from '../../certificates/certificate-request.ts'
import { lastAuthorityConstraints, rootKeyUsage } from '../../certificates/extensions.ts'
import type { Cryptography } from '../../cryptography/cryptography.ts'
import { rootName } from '../../rotation/root-certificate.ts'
import type { SecretSealer } from '../../sealed-secrets.ts'
import type { CaStore } from '../../store/store.ts'
import { certificatesIn, isSelfSigned, nameOf, pemOf } from '../chain.ts'
import type { Issuer } from '../issuer.ts'
import { keptMaterial } from '../kept-material.ts'
import { localMode, predecessor } from '../local-mode.ts'
import { type SigningMaterial, signingMaterialFrom } from '../signing-material.ts'
import type { SigningMode } from '../signing-mode.ts'
import { createSigningSeat } from '../signing-seat.ts'
import { type InstalledChain, intermediateKeys } from './intermediate-keys.ts'

export interface IntermediateMode extends SigningMode {
  /** PEM of a request for the newest key that has no chain yet; makes one when there is none. */
  request(): Promise<string>
  /** Resolves when it is on disk. Throws `CA_CHAIN_INVALID`, `CA_REQUEST_REFUSED`. */
  install(chainPem: string): Promise<InstalledSigner>
}

export interface InstalledSigner {
  readonly subject: string
  readonly notAfterMs: number
  readonly rootFingerprint: string
  /** False: it waits until everybody trusts its root. */
  readonly isInForce: boolean
}

export interface IntermediateOptions {
  readonly store: CaStore
  readonly sealer: SecretSealer
  readonly dataDirectory: string
  readonly trustDomain: string
  readonly keyKind: CaKeyKind
  /** The root of its own; it signs for workloads only if it did so before. */
  readonly ownRoot: SigningMaterial
  readonly ownRootSignsFor: 'servers' | 'everybody'
  readonly cryptography: Cryptography
  readonly clock: Clock
  readonly log: Log
}

export function createIntermediateMode(options: IntermediateOptions): IntermediateMode {
  const { store, sealer, trustDomain, keyKind, ownRoot, cryptography, clock, log } = options
  const keeping = { directory: options.dataDirectory, sealer, clock, log }
  const keys = intermediateKeys(store, sealer)
  const seat = createSigningSeat(undefined, keeping)
  const local = localMode(seat, cryptography)
  const before = localMode(createSeatOf(ownRoot, keeping), cryptography)
  const signing = (): ReturnType<typeof localMode> => (seat.isTaken ? local : before)

  const issuer: Issuer = {
    async issue(request, proof) {
      if (!seat.isTaken && proof.kind !== 'server') throw noChain()
      return signing().issuer.issue(request, proof)
    },
  }
  return {
    ...local,
    issuer,
    roots: () => signing().roots(),
    signingRoot: () => signing().signingRoot(),
    signerInUse: () => signing().signerInUse(),
    chainNotAfterMs: () => signing().chainNotAfterMs(),
    async open(known) {
      const own = options.ownRootSignsFor === 'everybody' ? ownRoot : undefined
      const earlier = predecessor([keptMaterial(keeping, clock.now()), own], known)
      if (earlier !== undefined) seat.take(earlier)
      const installed = keys.latestChain()
      if (installed === undefined) return
      const material = materialOf(installed, clock.now())
      if (!seat.isTaken || seat.current.signer.fingerprint !== material.signer.fingerprint) seat.take(material)
    },
    start: succession => seat.start(succession),
    stop: () => seat.stop(),
    async request() {
      const pending = keys.all().find(({ hasChain }) => !hasChain) ?? (await keys.add(await newCaKey(keyKind)))
      // A name of its own, so that those who choose by name alone can tell it from the one before it.
      const subject = rootName(trustDomain, `intermediate ${pending.number}`)
      return certificateRequest(pending.key, { subject, extensions: [rootKeyUsage, lastAuthorityConstraints] })
    },
    async install(chainPem) {
      const certificates = certificatesIn(chainPem, 'the file')
      const numbered = keys.all().find(({ key }) => certificates.some(each => each.checkPrivateKey(key)))
      if (numbered === undefined) {
        throw new MeshwrightError('CA_REQUEST_REFUSED', {
          message: 'none of the certificates in the file is for a key that was made here',
          remedy: 'Have the request signed that `meshwright ca csr` prints, on this daemon.',
        })
      }
      const material = materialOf({ key: numbered.key, chainPem }, clock.now())
      await keys.install(numbered.number, chainPem)
      seat.take(material)
      const [certificate] = certificatesIn(material.signer.certificatePem, 'the certificate')
      return {
        subject: certificate === undefined ? '' : nameOf(certificate),
        notAfterMs: material.signer.notAfterMs,
        rootFingerprint: material.rootFingerprint,
        isInForce: seat.current === material,
      }
    },
  }
}

/** Nothing is kept of it: its key lies in the store. */
function createSeatOf(material: SigningMaterial, keeping: Parameters<typeof createSigningSeat>[1]) {
  return createSigningSeat(material, keeping)
}

/** Self-signed certificates in the file are the roots. Throws `CA_CHAIN_INVALID`. */
function materialOf({ key, chainPem }: InstalledChain, nowMs: number): SigningMaterial {
  const certificates = certificatesIn(chainPem, 'the file')
  const pem = (those: readonly X509Certificate[]): string => those.map(pemOf).join('')
  const own = certificates.filter(each => each.checkPrivateKey(key) && !isSelfSigned(each))
  return signingMaterialFrom(
    {
      certificatePem: pem(own.slice(0, 1)),
      key,
      chainPem: pem(certificates.filter(each => !isSelfSigned(each))),
      rootsPem: pem(certificates.filter(isSelfSigned)),
      crlsPem: '',
    },
    nowMs,
  )
}

function noChain(): MeshwrightError {
  return new MeshwrightError('CA_ISSUER_UNAVAILABLE', {
    message: 'no chain is installed for the key of this authority',
    remedy: 'Run `meshwright ca csr`, have the request signed, and give the chain to `meshwright ca install`.',
  })
}
