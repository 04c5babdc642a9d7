/**
 * The newest checkpoint in the data directory, and beside it those that did not agree with the log: they stay until an
 * operator takes them away, and speak at every start.
 */

import { readdirSync, readFileSync, renameSync } from 'node:fs'
import path from 'node:path'
import { writeFileAtomically } from '../../platform/files.ts'
import type { Log } from '../../platform/log.ts'
import { type Checkpoint, parseCheckpoint } from '../../platform/transparency/checkpoint-note.ts'

export interface KeptCheckpoint {
  readonly file: string
  readonly checkpoint: Checkpoint
}

export const checkpointFileName = 'log-checkpoint'

/** What cannot be read is reported and passed over. */
export function keptCheckpoints(directory: string, log: Log): readonly KeptCheckpoint[] {
  return readdirSync(directory)
    .filter(name => name === checkpointFileName || name.startsWith(`${checkpointFileName}.disputed-`))
    .sort()
    .flatMap(name => {
      const file = path.join(directory, name)
      try {
        return [{ file, checkpoint: parseCheckpoint(readFileSync(file, 'utf8')) }]
      } catch (err) {
        log.error({ file, err }, 'checkpoint of the log cannot be read')
        return []
      }
    })
}

export function writeCheckpointFile(directory: string, note: string): void {
  writeFileAtomically(path.join(directory, checkpointFileName), note, 0o600)
}

/** Moves the newest one aside, so that the next does not overwrite it. */
export function keepDisputed({ file, checkpoint }: KeptCheckpoint): string {
  if (path.basename(file) !== checkpointFileName) return file
  const kept = `${file}.disputed-${checkpoint.treeSize}-${checkpoint.rootHash.toString('hex').slice(0, 8)}`
  renameSync(file, kept)
  return kept
}
