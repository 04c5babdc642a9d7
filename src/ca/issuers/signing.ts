/**
 * Who signs, chosen by the settings: roots that are made here, or one of the modes in which others make them. What the rest
 * of the authority asks is answered alike for all.
 */

import { X509Certificate } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { randomBytesFromPage } from '../../platform/random-bytes.ts'
import type { Signer } from '../certificates/signer.ts'
import type { Cryptography } from '../cryptography/cryptography.ts'
import type { IssuersBehind } from '../revocation/enforced-crls.ts'
import { openRoots, ownRootFiles, type Roots } from '../roots.ts'
import { isUnderWay } from '../rotation/rotation-records.ts'
import type { SecretSealer } from '../sealed-secrets.ts'
import type { IssuerSettings } from '../settings/issuer.ts'
import type { CaStore } from '../store/store.ts'
import type { TrustedRoot } from '../trust/trust-state.ts'
import { createIntermediateMode, type IntermediateMode } from './intermediate/intermediate-mode.ts'
import { builtInIssuer, type Issuer } from './issuer.ts'
import { createPlugInMode } from './plug-in/plug-in-mode.ts'
import type { IssuerCredential } from './remote/issuer-credential.ts'
import { createRemoteMode } from './remote/remote-mode.ts'
import type { OfferedSigner, RootSuccession } from './root-succession.ts'
import { requireWholeIssuerSettings } from './settings-check.ts'
import { type SigningMaterial, signingMaterialFrom } from './signing-material.ts'
import type { SigningMode } from './signing-mode.ts'
import { createUpstreamAuthority } from './upstream/upstream-authority.ts'
import { createVaultAuthority } from './vault/vault-authority.ts'

export interface Signing {
  readonly issuer: Issuer
  /** Refuses to make any when others do. */
  readonly roots: Roots
  readonly madeBy: 'us' | 'others'
  /** What is trusted at the very first start. */
  firstRoots(): readonly TrustedRoot[]
  /** Fingerprint of the root that leaves lead to; '' when it is not known yet. */
  signingRoot(): string
  /** Fingerprint of the certificate that signs leaves; '' when it is not known yet. */
  signerInUse(): string
  /** What signs once everybody trusts its root; undefined: nothing waits. */
  nextSigner(): OfferedSigner | undefined
  /** Whose key is here. */
  signers(): readonly Signer[]
  issuersBehind(rootFingerprint: string): IssuersBehind | undefined
  /** Undefined when it is not known yet. */
  notAfter(): SigningValidity | undefined
  /** What is shown to whoever signs elsewhere. */
  credentials(): readonly IssuerCredential[]
  /** Renewals of it that failed, since the start. */
  credentialFailures(): number
  /** Requests and chains of a root that is kept elsewhere. */
  readonly intermediate: IntermediateMode | undefined
  /** When others make the roots: lets them follow one another. */
  start(succession: RootSuccession): void
  stop(): void
}

export interface SigningValidity {
  /** End of the root. */
  readonly rootMs: number
  /** End of the whole chain. */
  readonly chainMs: number
  /** Begin of what signs leaves; undefined when it is elsewhere. */
  readonly notBeforeMs: number | undefined
}

export interface SigningOptions {
  readonly settings: IssuerSettings
  readonly store: CaStore
  readonly sealer: SecretSealer
  /** The data directory. */
  readonly directory: string
  readonly trustDomain: string
  readonly cryptography: Cryptography
  readonly clock: Clock
  readonly log: Log
}

/** Throws `CA_SETTINGS_INVALID`, `CA_CHAIN_INVALID`, `CA_KEY_UNREADABLE`, `CA_ISSUER_UNAVAILABLE`. */
export async function openSigning(options: SigningOptions): Promise<Signing> {
  const { settings, store } = options
  requireWholeIssuerSettings(settings)
  const known = store.trust()?.roots ?? []
  if ((settings.kind ?? 'self-signed') === 'self-signed') return ownSigning(options, known)
  if (isUnderWay(store.rotation())) {
    throw notNow('a rotation of the own root is under way', 'Let it end, or abort it, with the settings as they were.')
  }
  const intermediate = settings.kind === 'intermediate' ? await intermediateMode(options) : undefined
  const mode = intermediate ?? modeFrom(options)
  await mode.open(known)
  return signingBy(mode, intermediate)
}

async function ownSigning(options: SigningOptions, known: readonly TrustedRoot[]): Promise<Signing> {
  const { settings, store, sealer, clock, log, trustDomain } = options
  const isRenewing = store.retiredRoots().some(root => root.crossCertificatePem === '')
  const made = new Set(store.roots().map(root => root.fingerprint))
  if (known.length > 0 && !isRenewing && !known.some(root => made.has(root.fingerprint))) {
    throw notNow(
      'the mesh trusts roots that were not made here',
      'Keep the issuer that the settings named before; a self-signed root cannot take its place.',
    )
  }
  const roots = await openRoots({ store, sealer, clock, log, trustDomain, keyKind: settings.caKey ?? 'P-256' })
  const signers = signersOf(roots)
  return {
    issuer: builtInIssuer({
      signer: () => roots.current,
      cryptography: options.cryptography,
      randomBytes: randomBytesFromPage,
    }),
    roots,
    madeBy: 'us',
    firstRoots: () => roots.made,
    signingRoot: () => roots.current.fingerprint,
    signerInUse: () => roots.current.fingerprint,
    nextSigner: () => undefined,
    signers,
    issuersBehind(rootFingerprint) {
      const own = signers().filter(({ fingerprint }) => fingerprint === rootFingerprint)
      return own.length === 0 ? undefined : { signers: own, given: [] }
    },
    // The root signs leaves itself, so it is the whole chain.
    notAfter() {
      const { notBeforeMs, notAfterMs } = roots.current
      return { rootMs: notAfterMs, chainMs: notAfterMs, notBeforeMs }
    },
    credentials: () => [],
    credentialFailures: () => 0,
    intermediate: undefined,
    start: () => undefined,
    stop: () => undefined,
  }
}

function signingBy(mode: SigningMode, intermediate: IntermediateMode | undefined): Signing {
  return {
    issuer: mode.issuer,
    roots: rootsOfOthers,
    madeBy: 'others',
    firstRoots: () => mode.roots(),
    signingRoot: () => mode.signingRoot(),
    signerInUse: () => mode.signerInUse(),
    nextSigner: () => mode.nextSigner(),
    signers: () => mode.signers(),
    issuersBehind: root => mode.issuersBehind(root),
    notAfter() {
      const root = mode.roots().find(({ fingerprint }) => fingerprint === mode.signingRoot())
      if (root === undefined) return undefined
      const rootMs = new X509Certificate(root.pem).validToDate.getTime()
      const signer = mode.signers().find(({ fingerprint }) => fingerprint === mode.signerInUse())
      const chainMs = Math.min(rootMs, mode.chainNotAfterMs() ?? rootMs)
      return { rootMs, chainMs, notBeforeMs: signer?.notBeforeMs }
    },
    credentials: () => mode.credentials?.() ?? [],
    credentialFailures: () => mode.credentialFailures?.() ?? 0,
    intermediate,
    start: succession => mode.start(succession),
    stop: () => mode.stop(),
  }
}

function modeFrom(options: SigningOptions): SigningMode {
  const { settings, store, sealer, cryptography, clock, log } = options
  if (settings.plugIn !== undefined) {
    const ownRoot = ownRootMaterial(store, sealer, clock.now())
    const { directory } = settings.plugIn
    const dataDirectory = options.directory
    return createPlugInMode({ directory, dataDirectory, sealer, ownRoot, cryptography, clock, log })
  }
  if (settings.upstream !== undefined) {
    const { directory } = options
    const authority = createUpstreamAuthority({ settings: settings.upstream, directory, sealer, clock, log })
    return createRemoteMode({ authority, rootsFile: settings.upstream.rootsFile, clock, log })
  }
  if (settings.vault !== undefined) {
    const { rootsFile } = settings.vault
    return createRemoteMode({ authority: createVaultAuthority(settings.vault, clock, log), rootsFile, clock, log })
  }
  throw new MeshwrightError('INTERNAL', { message: 'no section says how certificates are issued' })
}

async function intermediateMode(options: SigningOptions): Promise<IntermediateMode> {
  const { settings, store, sealer, clock, log, trustDomain } = options
  if (store.roots().length === 0) {
    await store.addSecret(ownRootIsForServers, sealer.seal(ownRootIsForServers, Buffer.from('yes')))
    await openRoots({ store, sealer, clock, log, trustDomain })
  }
  const ownRoot = ownRootMaterial(store, sealer, clock.now())
  if (ownRoot === undefined) throw new MeshwrightError('INTERNAL', { message: 'there is no root for the own servers' })
  return createIntermediateMode({
    store,
    sealer,
    dataDirectory: options.directory,
    trustDomain,
    keyKind: settings.caKey ?? 'P-256',
    ownRoot,
    ownRootSignsFor: store.secret(ownRootIsForServers) === undefined ? 'everybody' : 'servers',
    cryptography: options.cryptography,
    clock,
    log,
  })
}

/** A mark in the store: no workload ever had a certificate of the own root. */
const ownRootIsForServers = 'own root is for servers'

function ownRootMaterial(store: CaStore, sealer: SecretSealer, nowMs: number): SigningMaterial | undefined {
  const files = ownRootFiles(store, sealer)
  if (files === undefined) return undefined
  const { certificatePem, key } = files
  return signingMaterialFrom({ certificatePem, key, chainPem: '', rootsPem: certificatePem, crlsPem: '' }, nowMs)
}

const rootsOfOthers: Roots = {
  get current(): never {
    throw madeElsewhere()
  },
  made: [],
  signers: () => [],
  use() {
    throw madeElsewhere()
  },
  async makeNext() {
    throw madeElsewhere()
  },
  makeRenewed() {
    throw madeElsewhere()
  },
}

function madeElsewhere(): MeshwrightError {
  return new MeshwrightError('CA_ROTATION_REFUSED', {
    message: 'the roots of this mesh are made elsewhere, so there is none that this daemon could replace',
    remedy:
      'Replace the root where it is made. The daemon takes the new one over by itself: it trusts it, waits until everybody does, and only then issues under it; `meshwright ca status` shows how far that is.',
  })
}

/** Opening a key costs more than asking whether there is another one. */
function signersOf(roots: Roots): () => readonly Signer[] {
  let known: readonly Signer[] = []
  let names = ''
  return () => {
    const now = roots.made.map(({ fingerprint }) => fingerprint).join()
    if (now !== names) {
      known = roots.signers()
      names = now
    }
    return known
  }
}

function notNow(message: string, remedy: string): MeshwrightError {
  return new MeshwrightError('CA_SETTINGS_INVALID', { message: `issuer.kind: ${message}`, remedy })
}
