/**
 * An authority from a directory of files, taken over as a whole and watched: a set that does not fit together is refused
 * with the reason, and what is in force stays.
 */

import path from 'node:path'
import type { Clock } from '../../../platform/clock.ts'
import { errorFrom } from '../../../platform/errors.ts'
import type { Log } from '../../../platform/log.ts'
import { watchFiles } from '../../../platform/watched-files.ts'
import type { Cryptography } from '../../cryptography/cryptography.ts'
import type { SecretSealer } from '../../sealed-secrets.ts'
import { keptMaterial } from '../kept-material.ts'
import { localMode, predecessor } from '../local-mode.ts'
import type { SigningMaterial } from '../signing-material.ts'
import type { SigningMode } from '../signing-mode.ts'
import { createSigningSeat } from '../signing-seat.ts'
import { plugInFileNames, readPlugInSet } from './set-of-files.ts'

export interface PlugInOptions {
  /** Of the files. */
  readonly directory: string
  readonly dataDirectory: string
  readonly sealer: SecretSealer
  /** An own root, from a time before the directory. */
  readonly ownRoot: SigningMaterial | undefined
  readonly cryptography: Cryptography
  readonly clock: Clock
  readonly log: Log
}

export function createPlugInMode(options: PlugInOptions): SigningMode {
  const { directory, sealer, ownRoot, clock, log } = options
  const keeping = { directory: options.dataDirectory, sealer, clock, log }
  const seat = createSigningSeat(undefined, keeping)
  let stopWatching: () => void = () => undefined
  let inForce = ''

  const load = (): void => {
    try {
      const material = readPlugInSet(directory, clock.now())
      const content = contentOf(material)
      if (content === inForce) return
      inForce = content
      seat.take(material)
    } catch (thrown) {
      log.error({ directory, reason: errorFrom(thrown).message }, 'set of files refused; what is in force stays')
    }
  }
  return {
    ...localMode(seat, options.cryptography),
    async open(known) {
      const before = predecessor([keptMaterial(keeping, clock.now()), ownRoot], known)
      if (before !== undefined) {
        seat.take(before)
        load()
        return
      }
      const material = readPlugInSet(directory, clock.now())
      inForce = contentOf(material)
      seat.take(material)
    },
    start(succession) {
      const files = plugInFileNames.map(name => path.join(directory, name))
      stopWatching = watchFiles({ files, onChange: load, clock, log })
      seat.start(succession)
    },
    stop() {
      stopWatching()
      seat.stop()
    },
  }
}

function contentOf({ signer, roots, crls }: SigningMaterial): string {
  const lists = crls.map(crl => crl.pem)
  return JSON.stringify([signer.fingerprint, signer.intermediatePems, roots.map(root => root.fingerprint), lists])
}
