/**
 * Issuing by an authority elsewhere: what upstream and Vault share. Whatever comes back is checked; roots that it shows are
 * trusted before a leaf under them is given out; its being away is UNAVAILABLE, so that callers come back.
 */

import type { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Clock, Timer } from '../../../platform/clock.ts'
import { errorFrom, MeshwrightError } from '../../../platform/errors.ts'
import type { Log } from '../../../platform/log.ts'
import type { IdentityProof } from '../../certificates/identity-proof.ts'
import type { TrustedRoot } from '../../trust/trust-state.ts'
import { fingerprintOf, rootsIn, trustedRootFrom } from '../chain.ts'
import type { Issuer, LeafRequest } from '../issuer.ts'
import type { OfferedSigner, RootSuccession } from '../root-succession.ts'
import type { SigningMode } from '../signing-mode.ts'
import { checkedChain } from './issued-check.ts'
import { credentialWatch, type IssuerCredential } from './issuer-credential.ts'

export interface RemoteAuthority {
  /** Throws `CA_ISSUER_UNAVAILABLE` (may pass) or `CA_ISSUER_REFUSED`. */
  sign(request: LeafRequest, proof: IdentityProof): Promise<RemoteAnswer>
  /** Its roots now, as far as it tells. Throws as `sign` does. */
  roots(): Promise<readonly X509Certificate[]>
  start(): Promise<void>
  stop(): void
  /** What is shown to it. */
  credentials(): readonly IssuerCredential[]
  /** Renewals of it that failed, since the start. */
  credentialFailures(): number
}

export interface RemoteAnswer {
  readonly leaf: X509Certificate
  readonly intermediates: readonly X509Certificate[]
  /** Proved by the channel on which they came. */
  readonly roots: readonly X509Certificate[]
}

export interface RemoteModeOptions {
  readonly authority: RemoteAuthority
  /** PEM file of roots that are trusted whatever the authority shows. */
  readonly rootsFile: string | undefined
  readonly clock: Clock
  readonly log: Log
}

const lookEveryMs = 300_000

export function createRemoteMode({ authority, rootsFile, clock, log }: RemoteModeOptions): SigningMode {
  let succession: RootSuccession | undefined
  let roots: readonly X509Certificate[] = []
  let signing: OfferedSigner = { rootFingerprint: '', signerFingerprint: '' }
  let chainNotAfterMs: number | undefined
  let timer: Timer | undefined
  let stopped = false

  const ownRoots = (): readonly X509Certificate[] =>
    rootsFile === undefined ? [] : rootsIn(readFileSync(rootsFile, 'utf8'), rootsFile)
  const take = async (shown: readonly X509Certificate[]): Promise<void> => {
    const all = new Map([...ownRoots(), ...shown].map(root => [root.fingerprint256, root]))
    const isSame = all.size === roots.length && roots.every(root => all.has(root.fingerprint256))
    if (isSame || all.size === 0) return
    roots = [...all.values()]
    log.info({ roots: roots.map(fingerprintOf) }, 'roots of the issuer')
    await succession?.offer(roots.map(trustedRootFrom))
  }
  const saysOf = credentialWatch(log)
  const look = async (): Promise<void> => {
    saysOf(authority.credentials(), clock.now())
    try {
      await take(await authority.roots())
    } catch (thrown) {
      log.warn({ reason: errorFrom(thrown).message }, 'roots of the issuer not asked for; the last ones stay')
    }
    if (!stopped) timer = clock.after(lookEveryMs, () => void look())
  }
  const issuer: Issuer = {
    async issue(request, proof) {
      const answer = await authority.sign(request, proof)
      await take(answer.roots)
      const checked = checkedChain({ ...answer, roots }, request, proof)
      signing = {
        rootFingerprint: checked.rootFingerprint,
        signerFingerprint: checked.chain.issuerFingerprint,
      }
      chainNotAfterMs = checked.chainNotAfterMs
      await succession?.signedBy(signing)
      return checked.chain
    },
  }
  return {
    issuer,
    async open(known) {
      await authority.start()
      try {
        await take(await authority.roots())
      } catch (thrown) {
        const error = errorFrom(thrown)
        if (error.code !== 'CA_ISSUER_UNAVAILABLE' || known.length === 0) throw error
        log.error({ reason: error.message }, 'the issuer does not answer; going on with the roots of the last run')
        roots = rootsIn(known.map(root => root.pem).join(''), 'the trust of the last run')
      }
      if (roots.length > 0) return
      throw new MeshwrightError('CA_ISSUER_REFUSED', {
        message: 'the issuer shows no root certificate',
        remedy: 'Give its root in the settings (rootsFile).',
      })
    },
    start(followed) {
      succession = followed
      const offer = async (): Promise<void> => {
        await followed.offer(roots.map(trustedRootFrom))
        if (signing.signerFingerprint !== '') await followed.signedBy(signing)
      }
      offer().catch((thrown: unknown) => log.error({ err: errorFrom(thrown) }, 'roots not taken into the trust'))
      saysOf(authority.credentials(), clock.now())
      timer = clock.after(lookEveryMs, () => void look())
    },
    stop() {
      stopped = true
      timer?.cancel()
      authority.stop()
    },
    roots: (): readonly TrustedRoot[] => roots.map(trustedRootFrom),
    signingRoot: () => signing.rootFingerprint || (roots[0] === undefined ? '' : fingerprintOf(roots[0])),
    signerInUse: () => signing.signerFingerprint,
    nextSigner: () => undefined,
    chainNotAfterMs: () => chainNotAfterMs,
    signers: () => [],
    issuersBehind: () => undefined,
    credentials: () => authority.credentials(),
    credentialFailures: () => authority.credentialFailures(),
  }
}
