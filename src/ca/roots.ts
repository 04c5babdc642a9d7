/**
 * The self-signed roots and which of them signs: one is made at the first start; a rotation makes the next one, and
 * before it ends a root gets a new certificate for the same key.
 */

import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { Clock } from '../platform/clock.ts'
import { MeshwrightError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { type CaKeyKind, newCaKey } from './certificates/ca-key.ts'
import { type Signer, signerFrom } from './certificates/signer.ts'
import { backdatedMs } from './certificates/ttl.ts'
import { crossSigned, rootName, selfSigned } from './rotation/root-certificate.ts'
import type { SecretSealer } from './sealed-secrets.ts'
import type { CaStore, StoredRoot } from './store/store.ts'
import type { TrustedRoot } from './trust/trust-state.ts'

export interface Roots {
  /** Signs new leaves. */
  readonly current: Signer
  /** Every root that is stored, the oldest first. What is trusted is the trust store's business. */
  readonly made: readonly TrustedRoot[]
  /** Every stored root as a signer, the oldest first. */
  signers(): readonly Signer[]
  /** This stored root signs from now on. Throws `CA_KEY_UNREADABLE`. */
  use(fingerprint: string): void
  /** A root with a new key, not stored yet, and its key signed by the current one, PEM. */
  makeNext(): Promise<{ readonly root: StoredRoot; readonly crossCertificatePem: string }>
  /** The current root with a new life, not stored yet. */
  makeRenewed(): StoredRoot
}

export interface RootsOptions {
  readonly store: CaStore
  readonly sealer: SecretSealer
  readonly clock: Clock
  readonly log: Log
  readonly trustDomain: string
  /** Of roots that are made from now on; P-256 when absent. */
  readonly keyKind?: CaKeyKind
}

/** Resolves when there is a root on disk. Throws `CA_KEY_UNREADABLE`. */
export async function openRoots(options: RootsOptions): Promise<Roots> {
  const { store, sealer, clock, log, trustDomain, keyKind = 'P-256' } = options
  if (store.roots().length === 0) {
    const made = sealedRoot(await newCaKey(keyKind), rootName(trustDomain, undefined), { sealer, nowMs: clock.now() })
    await store.addRoot(made)
    log.info({ trustDomain, fingerprint: made.fingerprint }, 'root certificate made')
  }
  const signing = store.signingRoot() ?? store.roots().at(-1)?.fingerprint ?? ''
  let current = openRoot(store, sealer, signing)
  return {
    get current() {
      return current.signer
    },
    get made() {
      return store.roots().map(({ fingerprint, certificatePem }) => ({ fingerprint, pem: certificatePem }))
    },
    signers: () => store.roots().map(({ fingerprint }) => openRoot(store, sealer, fingerprint).signer),
    use(fingerprint) {
      current = openRoot(store, sealer, fingerprint)
      log.info({ fingerprint }, 'root signs from now on')
    },
    async makeNext() {
      const key = await newCaKey(keyKind)
      const nowMs = clock.now()
      // A name of its own, so that those who choose by name alone (lists of revoked certificates) can tell it apart.
      const name = rootName(trustDomain, `root ${new Date(nowMs).toISOString()}`)
      const root = sealedRoot(key, name, { sealer, nowMs })
      const signer = signerFrom(root.certificatePem, key)
      return { root, crossCertificatePem: crossSigned({ key, signer }, current.signer) }
    },
    makeRenewed: () => sealedRoot(current.key, current.signer.subject, { sealer, nowMs: clock.now() }),
  }
}

/** The own root that signed last, with its key, for an authority that signs with another one from now on. */
export function ownRootFiles(
  store: CaStore,
  sealer: SecretSealer,
): { certificatePem: string; key: KeyObject } | undefined {
  const signing = store.signingRoot() ?? store.roots().at(-1)?.fingerprint
  if (signing === undefined) return undefined
  const { signer, key } = openRoot(store, sealer, signing)
  return { certificatePem: signer.certificatePem, key }
}

export const rootLifeMs = 3650 * 24 * 3_600_000

interface OpenedRoot {
  readonly signer: Signer
  readonly key: KeyObject
}

function openRoot(store: CaStore, sealer: SecretSealer, fingerprint: string): OpenedRoot {
  const root = store.roots().find(candidate => candidate.fingerprint === fingerprint)
  if (root === undefined) {
    throw new MeshwrightError('CA_NOT_READY', { message: `the root ${fingerprint} is not in the database` })
  }
  const secret = sealer.open(sealedName(root.fingerprint), root.sealedKey)
  const key = createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' })
  return { signer: signerFrom(root.certificatePem, key), key }
}

function sealedRoot(
  key: KeyObject,
  name: Buffer,
  { sealer, nowMs }: { readonly sealer: SecretSealer; readonly nowMs: number },
): StoredRoot {
  const certificatePem = selfSigned(key, name, { notBeforeMs: nowMs - backdatedMs, notAfterMs: nowMs + rootLifeMs })
  const { fingerprint } = signerFrom(certificatePem, key)
  const secret = key.export({ format: 'der', type: 'pkcs8' })
  return { fingerprint, certificatePem, sealedKey: sealer.seal(sealedName(fingerprint), secret), addedAtMs: nowMs }
}

const sealedName = (fingerprint: string): string => `root ${fingerprint}`
