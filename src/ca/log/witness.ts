/**
 * Checkpoints that others kept, held against the tree. Whoever owns the database can change an entry, cut the log off or
 * compute the whole tree again; what he cannot do is make the checkpoints on disks elsewhere agree.
 */

import type { Checkpoint } from '../../platform/transparency/checkpoint-note.ts'

export type WitnessedCheckpoint = Checkpoint

/**
 * `roll-back`: the log was longer. `fork`: it had other entries. `foreign`: signed by nobody here, which proves nothing.
 * Only agents say: `bad-signature`: what they were given was not signed with the key that they know; `unproved`: it was
 * not proved to go on from what they had seen.
 */
export const logAlarmKinds = ['roll-back', 'fork', 'foreign', 'bad-signature', 'unproved'] as const

export type LogAlarmKind = (typeof logAlarmKinds)[number]

export function isLogAlarmKind(text: string): text is LogAlarmKind {
  return logAlarmKinds.some(kind => kind === text)
}

export interface LogAlarm {
  readonly kind: LogAlarmKind
  readonly atMs: number
  /** Who kept the checkpoint: `disk`, or an agent. */
  readonly from: string
  readonly treeSize: number
  readonly message: string
}

/** What the tree says now. */
export interface WitnessedTree {
  readonly logName: string
  /** The oldest first; the last is the present one. */
  readonly epochs: readonly { readonly epoch: number; readonly firstIndex: number }[]
  readonly size: number
  rootAt(size: number): Buffer
  isOwn(checkpoint: Checkpoint): boolean
}

export type Comparison =
  | { readonly kind: 'agrees' }
  /** Of an epoch that a restore ended; so many entries of it are in no log any more. */
  | { readonly kind: 'lost-by-restore'; readonly epoch: number; readonly entries: number }
  | { readonly kind: LogAlarm['kind']; readonly epoch: number | undefined; readonly message: string }

export function compareCheckpoint(checkpoint: Checkpoint, tree: WitnessedTree): Comparison {
  const { origin, treeSize, rootHash } = checkpoint
  const epoch = epochIn(origin, tree.logName)
  if (epoch === undefined || !tree.isOwn(checkpoint)) {
    return { kind: 'foreign', epoch, message: `a checkpoint of ${JSON.stringify(origin)} was not signed by this log` }
  }
  const next = tree.epochs.find(candidate => candidate.epoch > epoch)
  const end = next?.firstIndex ?? tree.size
  const isPrefix = treeSize <= end && rootIs(rootHash, treeSize, tree)
  const isKnown = tree.epochs.some(candidate => candidate.epoch === epoch)
  if (isPrefix && (isKnown || next !== undefined)) return { kind: 'agrees' }
  // An epoch that is not even known any more was begun after the backup and left the log at an entry that nobody knows.
  if (next !== undefined && (treeSize > end || !isKnown)) {
    return { kind: 'lost-by-restore', epoch, entries: Math.max(0, treeSize - end) }
  }
  if (treeSize > end || !isKnown) {
    const message = `the log had ${treeSize} entries in epoch ${epoch} and now ends at ${tree.size}`
    return { kind: 'roll-back', epoch, message }
  }
  return { kind: 'fork', epoch, message: `the first ${treeSize} entries of the log are not those that were signed` }
}

function rootIs(rootHash: Buffer, treeSize: number, tree: WitnessedTree): boolean {
  try {
    return tree.rootAt(treeSize).equals(rootHash)
  } catch {
    // A tree with holes has no root any more.
    return false
  }
}

function epochIn(origin: string, logName: string): number | undefined {
  if (!origin.startsWith(`${logName}/`)) return undefined
  const text = origin.slice(logName.length + 1)
  return /^[1-9]\d{0,11}$/.test(text) ? Number(text) : undefined
}
