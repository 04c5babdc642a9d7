/**
 * The newest checkpoint of the transparency log that this agent has seen, on its own disk: whoever puts the log back at
 * the daemon cannot put it back here. It is reported to the daemon, which compares; a log that became shorter the agent
 * says itself.
 */

import { errorFrom } from '../../platform/errors.ts'
import { writeFileAtomically } from '../../platform/files.ts'
import type { Log } from '../../platform/log.ts'
import { readIfPresent } from '../state/read-if-present.ts'
import { type Checkpoint, decodeCheckpoint } from './attend-messages.ts'

export interface CheckpointKeeper {
  /** Reads what an earlier run left. */
  load(): Promise<void>
  readonly newest: Checkpoint | undefined
  /** From the daemon. One that takes back what was seen before is reported and not kept. */
  see(checkpoint: Checkpoint): void
}

export function createCheckpointKeeper({ file, log }: { readonly file: string; readonly log: Log }): CheckpointKeeper {
  let newest: Checkpoint | undefined

  const keep = (checkpoint: Checkpoint): void => {
    newest = checkpoint
    try {
      writeFileAtomically(file, checkpoint.encoded, 0o600)
    } catch (thrown) {
      log.warn({ file, err: errorFrom(thrown) }, 'checkpoint of the log not written')
    }
  }
  return {
    async load() {
      try {
        const encoded = await readIfPresent(file)
        newest = encoded === undefined ? undefined : decodeCheckpoint(encoded)
      } catch (thrown) {
        log.warn({ file, err: errorFrom(thrown) }, 'checkpoint of the log not read')
      }
    },
    get newest() {
      return newest
    },
    see(checkpoint) {
      if (newest === undefined || newest.origin !== checkpoint.origin) {
        // What was seen before was reported when this stream began.
        if (newest !== undefined) {
          log.warn({ before: newest.origin, now: checkpoint.origin }, 'the log goes on in a new epoch, or is another')
        }
        keep(checkpoint)
        return
      }
      if (checkpoint.treeSize < newest.treeSize) {
        const facts = { origin: newest.origin, seen: newest.treeSize, now: checkpoint.treeSize }
        log.error(facts, 'the transparency log of the daemon was rolled back')
        return
      }
      if (checkpoint.treeSize > newest.treeSize) keep(checkpoint)
    },
  }
}
