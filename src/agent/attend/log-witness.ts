/**
 * The agent as a witness of the authority's transparency log: on its own disk the newest checkpoint that it has seen, and
 * the key that the log is signed with, as it was on the first, authenticated contact. A checkpoint is taken over only when
 * that key signed it and it is proved that the log still begins with what was seen; anything else is a complaint, and what
 * was seen stays, so that it is shown to the daemon again and again.
 */

import { rmSync } from 'node:fs'
import { errorFrom } from '../../platform/errors.ts'
import { writeFileAtomically } from '../../platform/files.ts'
import type { Log } from '../../platform/log.ts'
import { formatVerifierKey, parseVerifierKey } from '../../platform/transparency/checkpoint-note.ts'
import { readIfPresent } from '../state/read-if-present.ts'
import { type Checkpoint, type CheckpointProof, decodeCheckpoint, type LogComplaint } from './attend-messages.ts'
import { judgeCheckpoint, type LogKey, logNameOf } from './checkpoint-judgement.ts'

export interface LogWitness {
  /** Reads what an earlier run left. */
  load(): Promise<void>
  readonly newest: Checkpoint | undefined
  /** Undefined: the last checkpoint went with those before it. */
  readonly complaint: LogComplaint | undefined
  /** From the daemon. `proof`: absent when the daemon is older than proofs. */
  see(checkpoint: Checkpoint, proof: CheckpointProof | undefined): void
  /** The authority is another one. */
  forget(): void
}

export interface LogWitnessOptions {
  readonly checkpointFile: string
  readonly keyFile: string
  /** Once for each checkpoint that is complained of. */
  readonly onComplaint: (complaint: LogComplaint) => void
  readonly log: Log
}

/** Checkpoints may be on their way while the daemon still proves from an earlier one that it was shown. */
const mostRemembered = 16

export function createLogWitness({ checkpointFile, keyFile, onComplaint, log }: LogWitnessOptions): LogWitness {
  let seen: readonly Checkpoint[] = []
  let key: LogKey | undefined
  let complaint: LogComplaint | undefined
  let complainedOf = ''

  const write = (file: string, content: Buffer | string): void => {
    try {
      writeFileAtomically(file, content, 0o600)
    } catch (thrown) {
      log.warn({ file, err: errorFrom(thrown) }, 'what was seen of the log was not written')
    }
  }
  const keep = (checkpoint: Checkpoint): void => {
    complaint = undefined
    const newest = seen.at(-1)
    if (newest?.encoded.equals(checkpoint.encoded) === true) return
    seen = [...seen, checkpoint].slice(-mostRemembered)
    write(checkpointFile, checkpoint.encoded)
  }
  const pin = (checkpoint: Checkpoint, publicKey: Buffer): void => {
    const logName = logNameOf(checkpoint)
    if (logName === undefined) return
    key = { logName, publicKey }
    write(keyFile, `${formatVerifierKey(logName, publicKey)}\n`)
    log.info({ log: logName }, 'the key of the transparency log is kept')
  }
  const complain = (checkpoint: Checkpoint, found: LogComplaint): void => {
    complaint = found
    const what = `${found.kind} ${checkpoint.encoded.toString('latin1')}`
    if (what === complainedOf) return
    complainedOf = what
    onComplaint(found)
    const facts = { kind: found.kind, origin: checkpoint.origin, treeSize: checkpoint.treeSize, reason: found.message }
    log.error(facts, 'the transparency log of the daemon is not the one that was seen')
  }
  return {
    async load() {
      try {
        const note = await readIfPresent(keyFile)
        if (note !== undefined) {
          const { origin, publicKey } = parseVerifierKey(note.toString('utf8'))
          key = { logName: origin, publicKey }
        }
        const encoded = await readIfPresent(checkpointFile)
        seen = encoded === undefined ? [] : [decodeCheckpoint(encoded)]
      } catch (thrown) {
        log.warn({ file: checkpointFile, err: errorFrom(thrown) }, 'what was seen of the log was not read')
      }
    },
    get newest() {
      return seen.at(-1)
    },
    get complaint() {
      return complaint
    },
    see(checkpoint, proof) {
      const judgement = judgeCheckpoint(checkpoint, proof, { key, seen })
      if (key === undefined && proof !== undefined && judgement.kind !== 'wrong') pin(checkpoint, proof.publicKey)
      switch (judgement.kind) {
        case 'goes-on':
          keep(checkpoint)
          return
        case 'new-epoch':
          log.warn({ ...judgement.facts }, 'the log goes on in a new epoch: the daemon was restored')
          keep(checkpoint)
          return
        case 'wrong':
          complain(checkpoint, judgement.complaint)
      }
    },
    forget() {
      seen = []
      key = undefined
      complaint = undefined
      for (const file of [checkpointFile, keyFile]) rmSync(file, { force: true })
    },
  }
}
