/**
 * A self-signed root near its end gets a new certificate for the same key: what it has signed stays good under both, so
 * nothing is re-issued and nobody has to wait. Looked at about every hour.
 */

import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { TransparencyLog } from '../log/transparency-log.ts'
import type { Roots } from '../roots.ts'
import type { TrustStore } from '../trust/trust-state.ts'
import { isUnderWay, type RotationRecords } from './rotation-records.ts'

export interface RootRenewal {
  /** Finishes what a crash left half done, then looks now and again. */
  start(): Promise<void>
  /** Renews when it is time to. Resolves when it is on disk and trusted. */
  check(): Promise<void>
  stop(): void
}

export interface RootRenewalOptions {
  readonly records: RotationRecords
  readonly roots: Roots
  readonly trust: TrustStore
  readonly transparency: Pick<TransparencyLog, 'append'>
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly log: Log
}

/** Renewed when less than this part of its life is left. */
const lastPartOfLife = 0.2
const everyMs = 3_600_000

export function createRootRenewal(options: RootRenewalOptions): RootRenewal {
  const { records, roots, trust, transparency, clock, random, log } = options
  let timer: Timer | undefined
  let stopped = false

  const check = async (): Promise<void> => {
    const { current } = roots
    const lifeMs = current.notAfterMs - current.notBeforeMs
    if (current.notAfterMs - clock.now() >= lifeMs * lastPartOfLife) return
    // The root that comes next has its whole life before it.
    if (isUnderWay(records.rotation())) return
    const renewed = roots.makeRenewed()
    const facts = { renewedRoot: current.fingerprint, root: renewed.fingerprint }
    const change = {
      addedRoot: renewed,
      removedRoot: current.fingerprint,
      signer: renewed.fingerprint,
      retiredRoot: {
        fingerprint: current.fingerprint,
        certificatePem: current.certificatePem,
        crossCertificatePem: '',
        untilMs: records.lastTokenExpiryMs(),
      },
    }
    await transparency.append({ kind: 'rotation', details: facts }, records.statementsFor(change))
    log.info(facts, 'root renewed with the same key')
    roots.use(renewed.fingerprint)
    await trustInstead()
  }
  /** The renewed certificate takes the place of the one before it. */
  const trustInstead = async (): Promise<void> => {
    const renewed = new Set(
      records.retiredRoots().flatMap(root => (root.crossCertificatePem === '' ? [root.fingerprint] : [])),
    )
    const { fingerprint, certificatePem } = roots.current
    await trust.change(content => {
      if (content.roots.some(root => root.fingerprint === fingerprint)) return content
      const replaced = content.roots.map(root =>
        renewed.has(root.fingerprint) ? { fingerprint, pem: certificatePem } : root,
      )
      return { ...content, roots: replaced }
    })
  }
  const again = (): void => {
    if (stopped) return
    timer = clock.after(everyMs * (0.9 + 0.2 * random()), () => {
      check()
        .catch((thrown: unknown) => log.error({ err: errorFrom(thrown) }, 'root not renewed'))
        .finally(again)
    })
  }
  return {
    async start() {
      await trustInstead()
      await check()
      again()
    },
    check,
    stop() {
      stopped = true
      timer?.cancel()
    },
  }
}
