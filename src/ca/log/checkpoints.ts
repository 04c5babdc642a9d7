/** The newest signed checkpoint: made when asked for and every minute, written to the data directory, told to followers. */

import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { writeCheckpointFile } from './checkpoint-files.ts'
import type { CheckpointSigner } from './checkpoint-signer.ts'
import type { SignedCheckpoint } from './transparency-log.ts'

export interface Checkpoints {
  newest(): SignedCheckpoint
  readonly latest: SignedCheckpoint | undefined
  onNewer(handler: (checkpoint: SignedCheckpoint) => void): () => void
  start(): void
  stop(): void
}

export interface CheckpointsOptions {
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  readonly signer: () => CheckpointSigner
  readonly origin: () => string
  readonly size: () => number
  readonly rootAt: (size: number) => Buffer
}

const intervalMs = 60_000

export function createCheckpoints(options: CheckpointsOptions): Checkpoints {
  const { directory, clock, log, signer, origin } = options
  const handlers = new Set<(checkpoint: SignedCheckpoint) => void>()
  let made: SignedCheckpoint | undefined
  let timer: Timer | undefined

  const newest = (): SignedCheckpoint => {
    const treeSize = options.size()
    if (made?.treeSize === treeSize && made.origin === origin()) return made
    const signed = signer().sign({ origin: origin(), treeSize, rootHash: options.rootAt(treeSize) })
    made = { ...signed, note: signer().format(signed) }
    try {
      writeCheckpointFile(directory, made.note)
    } catch (thrown) {
      // A full disk must not keep others from the checkpoint.
      log.error({ err: errorFrom(thrown), directory }, 'the checkpoint of the log could not be written')
    }
    for (const handler of handlers) handler(made)
    return made
  }
  const everyMinute = (): void => {
    timer = clock.after(intervalMs, everyMinute)
    try {
      newest()
    } catch (thrown) {
      log.error({ err: errorFrom(thrown) }, 'no checkpoint of the log could be made')
    }
  }
  return {
    newest,
    get latest() {
      return made
    },
    onNewer(handler) {
      handlers.add(handler)
      return () => void handlers.delete(handler)
    },
    start: everyMinute,
    stop() {
      timer?.cancel()
      try {
        newest()
      } catch (thrown) {
        log.error({ err: errorFrom(thrown) }, 'no checkpoint of the log could be made')
      }
    },
  }
}
