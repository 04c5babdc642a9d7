/** Whether a checkpoint goes with what was seen of the log before. Pure: no files, no daemon. */

import { isSignedBy } from '../../platform/transparency/checkpoint-note.ts'
import { isConsistent } from '../../platform/transparency/proofs.ts'
import type { Checkpoint, CheckpointProof, LogComplaint } from './attend-messages.ts'

export interface LogKey {
  /** The origin without the epoch. */
  readonly logName: string
  readonly publicKey: Buffer
}

export interface SeenOfLog {
  /** Undefined: none came yet, so that only sizes can be compared. */
  readonly key: LogKey | undefined
  /** The newest last. */
  readonly seen: readonly Checkpoint[]
}

export type Judgement =
  | { readonly kind: 'goes-on' }
  /** After a restore. What was seen may be no part of the log any more. */
  | { readonly kind: 'new-epoch'; readonly facts: Readonly<Record<string, string | number | boolean>> }
  | { readonly kind: 'wrong'; readonly complaint: LogComplaint }

export function judgeCheckpoint(
  checkpoint: Checkpoint,
  proof: CheckpointProof | undefined,
  { key, seen }: SeenOfLog,
): Judgement {
  const newest = seen.at(-1)
  const fault = key === undefined ? firstFault(checkpoint, proof, newest) : signatureFault(checkpoint, proof, key)
  if (fault !== undefined) return fault
  if (newest === undefined) return goesOn
  if (newest.origin !== checkpoint.origin)
    return judgeEpoch(checkpoint, newest, isProvedBehind(checkpoint, proof, seen))
  if (checkpoint.treeSize < newest.treeSize) {
    return wrong('roll-back', `it had ${newest.treeSize} entries and has ${checkpoint.treeSize} now`)
  }
  if (checkpoint.treeSize === newest.treeSize) {
    return checkpoint.rootHash.equals(newest.rootHash)
      ? goesOn
      : wrong('fork', `its ${newest.treeSize} entries are others than they were`)
  }
  // Without a key the daemon is older than proofs.
  if (key === undefined) return goesOn
  return judgeProof(checkpoint, proof, seen)
}

/** The origin without the epoch; undefined when it has not that form. */
export function logNameOf({ origin }: Pick<Checkpoint, 'origin'>): string | undefined {
  return /^(.+)\/[1-9]\d{0,11}$/.exec(origin)?.[1]
}

const goesOn: Judgement = { kind: 'goes-on' }

function wrong(kind: LogComplaint['kind'], message: string): Judgement {
  return { kind: 'wrong', complaint: { kind, message } }
}

function signatureFault(
  checkpoint: Checkpoint,
  proof: CheckpointProof | undefined,
  key: LogKey,
): Judgement | undefined {
  const isOther = proof !== undefined && !proof.publicKey.equals(key.publicKey)
  if (isOther || logNameOf(checkpoint) !== key.logName) {
    return wrong('foreign', `it is ${checkpoint.origin}, signed with another key than that of ${key.logName}`)
  }
  if (isSignedBy(checkpoint, key.publicKey)) return undefined
  return wrong('bad-signature', `the checkpoint of ${checkpoint.treeSize} entries is not signed with its key`)
}

/** Before a key is kept: that of the proof, if any, has to fit, and also to what was seen before there were proofs. */
function firstFault(
  checkpoint: Checkpoint,
  proof: CheckpointProof | undefined,
  newest: Checkpoint | undefined,
): Judgement | undefined {
  if (proof === undefined) return undefined
  if (!isSignedBy(checkpoint, proof.publicKey)) {
    return wrong('bad-signature', `the checkpoint of ${checkpoint.treeSize} entries is not signed with its key`)
  }
  if (newest === undefined || isSignedBy(newest, proof.publicKey)) return undefined
  return wrong('foreign', `it is ${checkpoint.origin}, signed with another key than ${newest.origin} was`)
}

function judgeEpoch(checkpoint: Checkpoint, newest: Checkpoint, isProved: boolean): Judgement {
  const epochOf = ({ origin }: Checkpoint): number => Number(origin.slice(origin.lastIndexOf('/') + 1))
  if (logNameOf(checkpoint) === logNameOf(newest) && epochOf(checkpoint) < epochOf(newest)) {
    return wrong('roll-back', `it was in epoch ${epochOf(newest)} and is in ${epochOf(checkpoint)} now`)
  }
  const facts = { before: newest.origin, now: checkpoint.origin, seen: newest.treeSize, isAllThere: isProved }
  return { kind: 'new-epoch', facts }
}

function judgeProof(
  checkpoint: Checkpoint,
  proof: CheckpointProof | undefined,
  seen: readonly Checkpoint[],
): Judgement {
  const ofEpoch = seen.filter(one => one.origin === checkpoint.origin)
  const from = ofEpoch.findLast(one => one.treeSize === proof?.path?.fromSize)
  if (from === undefined) return wrong('unproved', 'no proof came that its first entries are those that were seen')
  return isProvedBehind(checkpoint, proof, ofEpoch)
    ? goesOn
    : wrong('fork', `its first ${from.treeSize} entries are others than they were`)
}

function isProvedBehind(
  checkpoint: Checkpoint,
  proof: CheckpointProof | undefined,
  seen: readonly Checkpoint[],
): boolean {
  const path = proof?.path
  const from = seen.findLast(one => one.treeSize === path?.fromSize)
  if (path === undefined || from === undefined) return false
  return isConsistent({ ...path, treeSize: checkpoint.treeSize }, from.rootHash, checkpoint.rootHash)
}
