/**
 * Whose key signs here, and who is next: a signer of another root takes the seat only when everybody trusts that root.
 * What is in force is kept, sealed, in the data directory: if the files are replaced while the daemon is down, it goes on
 * with the old signer until its agents have been told of the new root, for they could not reach it otherwise.
 */

import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { SecretSealer } from '../sealed-secrets.ts'
import type { TrustedRoot } from '../trust/trust-state.ts'
import { keepMaterial } from './kept-material.ts'
import type { Distribution, OfferedSigner, RootSuccession } from './root-succession.ts'
import type { SigningMaterial } from './signing-material.ts'

export interface SigningSeat {
  /** Throws `CA_NOT_READY` when nobody has it. */
  readonly current: SigningMaterial
  readonly isTaken: boolean
  /** Not in force yet. */
  readonly next: SigningMaterial | undefined
  /** Of both. */
  roots(): readonly TrustedRoot[]
  /** At once when nobody had the seat or the root is the same; else in its time. The latest of several wins. */
  take(material: SigningMaterial): void
  start(succession: RootSuccession): void
  stop(): void
}

export interface SigningSeatOptions {
  readonly directory: string
  readonly sealer: SecretSealer
  readonly clock: Clock
  readonly log: Log
}

/** Agents come back within seconds of a start; before that, nobody lagging means nothing. */
const afterStartMs = 30_000
/** A report may be milliseconds ahead of the last worker thread of its Envoy. */
const settleMs = 2_000
const lookEveryMs = 1_000
/** A signer that ends gives way, whoever lags: it could sign for nobody. */
const lastResortMs = 3_600_000

export function createSigningSeat(first: SigningMaterial | undefined, options: SigningSeatOptions): SigningSeat {
  const { clock, log } = options
  let current = first
  let next: SigningMaterial | undefined
  let succession: RootSuccession | undefined
  let offered: Promise<Distribution | undefined> = Promise.resolve(undefined)
  let timer: Timer | undefined
  let notBeforeMs = Number.POSITIVE_INFINITY
  let readySinceMs: number | undefined
  let stopped = false

  const roots = (): readonly TrustedRoot[] => {
    const all = [...(current?.roots ?? []), ...(next?.roots ?? [])]
    return [...new Map(all.map(root => [root.fingerprint, root])).values()]
  }
  const seat = (material: SigningMaterial): void => {
    current = material
    next = undefined
    readySinceMs = undefined
    keepMaterial(material, options)
    const { fingerprint, notAfterMs } = material.signer
    const facts = { signer: fingerprint, root: material.rootFingerprint, notAfter: new Date(notAfterMs).toISOString() }
    log.info(facts, 'signs from now on')
  }
  const offer = (): void => {
    const followed = succession
    if (followed === undefined || stopped) return
    const signer = current
    offered = followed
      .offer(roots())
      .then(async distribution => {
        if (signer !== undefined) await followed.signedBy(namesOf(signer))
        return distribution
      })
      .catch((thrown: unknown) => {
        log.error({ err: errorFrom(thrown) }, 'roots not taken into the trust; tried again')
        timer = clock.after(lookEveryMs, offer)
        return undefined
      })
    if (next !== undefined) look()
  }
  const look = (): void => {
    timer?.cancel()
    if (!stopped) timer = clock.after(lookEveryMs, () => void advance())
  }
  const advance = async (): Promise<void> => {
    const distribution = await offered
    if (next === undefined || current === undefined || succession === undefined || stopped) return
    const nowMs = clock.now()
    const isDue = current.signer.notAfterMs - nowMs < lastResortMs
    const isReady = distribution !== undefined && nowMs >= notBeforeMs && succession.isDistributed(distribution)
    readySinceMs = isReady ? (readySinceMs ?? nowMs) : undefined
    if (isDue || (readySinceMs !== undefined && nowMs - readySinceMs >= settleMs)) {
      if (!isReady)
        log.warn({ signer: current.signer.fingerprint }, 'the signer ends: not everybody trusts the next one')
      seat(next)
      offer()
      return
    }
    look()
  }
  return {
    get current() {
      if (current !== undefined) return current
      throw new MeshwrightError('CA_NOT_READY', {
        message: "no certificate of the authority is installed: its key's request has not been answered",
        remedy: 'Run `meshwright ca csr`, have it signed, and give the chain to `meshwright ca install`.',
      })
    },
    get isTaken() {
      return current !== undefined
    },
    get next() {
      return next
    },
    roots,
    take(material) {
      const isOfSameRoot = current?.rootFingerprint === material.rootFingerprint
      if (current === undefined || isOfSameRoot) {
        seat(material)
      } else {
        next = material
        readySinceMs = undefined
        log.info(
          { signer: material.signer.fingerprint, root: material.rootFingerprint },
          'signs when its root is trusted by everybody',
        )
      }
      offer()
    },
    start(followed) {
      succession = followed
      notBeforeMs = next === undefined ? clock.now() : clock.now() + afterStartMs
      offer()
    },
    stop() {
      stopped = true
      timer?.cancel()
    },
  }
}

export function namesOf({ rootFingerprint, signer }: SigningMaterial): OfferedSigner {
  return { rootFingerprint, signerFingerprint: signer.fingerprint }
}
