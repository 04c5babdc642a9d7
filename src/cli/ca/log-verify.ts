/**
 * `meshwright ca log verify`: whether the log is what it was. The hashes are computed here and not by the daemon: from a
 * saved checkpoint to the log of now, and with a proof from an entry to a saved checkpoint, for which no daemon is needed.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import type { AuditView, ConsistencyView, InclusionView, LogStatusView } from '../../admin/transparency-view.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import {
  type Checkpoint,
  isSignedBy,
  parseCheckpoint,
  parseVerifierKey,
} from '../../platform/transparency/checkpoint-note.ts'
import { leafHash } from '../../platform/transparency/merkle.ts'
import { isConsistent, rootFromInclusion } from '../../platform/transparency/proofs.ts'
import { type ManagementClient, managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'
import { printable } from '../table.ts'
import { readNote } from './log-prove.ts'

interface VerifyFlags extends ManagementFlags {
  readonly checkpoint?: string
  readonly proof?: string
  readonly key?: string
  readonly recompute?: true
}

export function addVerify(log: Command): void {
  withManagement(log.command('verify').description('check the log against what was saved of it'))
    .option('--checkpoint <file>', 'a saved checkpoint: the log must still begin with what it signed')
    .option('--proof <file>', 'what `prove` printed: its entry must be in the tree of the checkpoint; needs no daemon')
    .option('--key <key>', "the log's verifier key NAME+ID+KEY, from a source of your own, instead of the daemon's")
    .option('--recompute', 'have the daemon compute the whole tree again from its entries')
    .action((flags: VerifyFlags) => verify(flags))
}

async function verify(flags: VerifyFlags): Promise<void> {
  const say = (text: string): void => {
    for (const line of text.split('\n')) process.stdout.write(`${printable(line)}\n`)
  }
  if (flags.proof !== undefined) {
    say(checkProof(flags.proof, flags))
    return
  }
  const client = managementClient(managementFrom(flags).credential)
  if (flags.checkpoint !== undefined) say(await checkConsistency(client, flags.checkpoint, flags.key))
  if (flags.recompute === true) say(await checkRecomputed(client))
  const { alarms, restorePending, size, forgotten, lostByRestore } = JSON.parse(
    await client.get('/v1/log/status'),
  ) as LogStatusView
  if (lostByRestore > 0) say(`${lostByRestore} entries that were seen before a restore are in no log any more`)
  if (restorePending !== undefined) say(`nothing is issued since ${restorePending.since}: ${restorePending.reason}`)
  const pruned = forgotten === 0 ? '' : ` (the bytes of ${forgotten} are forgotten)`
  if (alarms.length === 0) {
    say(`${size} entries${pruned}; no kept checkpoint disagrees`)
    return
  }
  for (const { at, kind, from, message } of alarms) say(`${at} ${kind}, from ${from}: ${message}`)
  throw broken(`${alarms.length} kept checkpoints disagree with the log`)
}

/** From the entry to the checkpoint in the file, or that in the proof. */
function checkProof(file: string, { checkpoint, key }: VerifyFlags): string {
  const { index, treeSize, entry, leafHash: kept, path, checkpoint: own, verifierKey } = proofFrom(file)
  const note = checkpoint === undefined ? own : readNote(checkpoint)
  if (note === undefined) throw broken(`${file} holds no checkpoint; name one with --checkpoint`)
  const signed = parseCheckpoint(note)
  requireSigned(signed, key ?? verifierKey)
  if (signed.treeSize !== treeSize) {
    throw broken(
      `the proof is for a tree of ${treeSize} entries and the checkpoint for one of ${signed.treeSize}`,
      'Prove into that checkpoint: `meshwright ca log prove --serial … --checkpoint FILE`.',
    )
  }
  const body = entry === undefined ? undefined : bytesFrom(entry)
  const leaf = body === undefined ? bytesFrom(kept) : leafHash(body)
  const root = rootFromInclusion(leaf, { index, treeSize, path: path.map(bytesFrom) })
  if (root?.equals(signed.rootHash) !== true) throw broken(`entry ${index} is not in the tree of the checkpoint`)
  const trusted = key === undefined ? ' (signed by the key in the proof; --key names one that you trust)' : ''
  return `entry ${index} is in the log of ${signed.origin}, ${treeSize} entries${trusted}\n${body ?? `its bytes are forgotten; its hash is ${leaf.toString('hex')}`}`
}

async function checkConsistency(client: ManagementClient, file: string, key: string | undefined): Promise<string> {
  const saved = parseCheckpoint(readNote(file))
  const verifierKey = key ?? (await client.get('/v1/log/key'))
  const status = JSON.parse(await client.get('/v1/log/status')) as LogStatusView
  if (saved.treeSize > status.size) {
    throw broken(
      `the log had ${saved.treeSize} entries when ${file} was signed, and has ${status.size} now: rolled back`,
    )
  }
  const answer = await client.get(`/v1/log/proofs/consistency?from=${saved.treeSize}`)
  const { fromSize, treeSize, path, checkpoint } = JSON.parse(answer) as ConsistencyView
  const now = parseCheckpoint(checkpoint)
  requireSigned(now, verifierKey)
  requireSigned(saved, verifierKey)
  const proof = { fromSize, treeSize, path: path.map(bytesFrom) }
  const fits = fromSize === saved.treeSize && treeSize === now.treeSize
  if (!fits || !isConsistent(proof, saved.rootHash, now.rootHash)) {
    const why = saved.origin === now.origin ? '' : ' (the database was restored since)'
    throw broken(`the log does not begin with the ${saved.treeSize} entries that ${file} signed${why}`)
  }
  return `the first ${saved.treeSize} of ${treeSize} entries are those that ${file} signed`
}

async function checkRecomputed(client: ManagementClient): Promise<string> {
  await client.post('/v1/log/audit', {})
  for (;;) {
    const audit = JSON.parse(await client.get('/v1/log/audit')) as AuditView
    if (audit.state === 'running') {
      await sleep(200)
      continue
    }
    if (audit.state !== 'done') throw broken('the daemon could not compute the tree; its log says why')
    if (audit.faults.length > 0) {
      throw broken(`the log is not as it was written:\n  ${audit.faults.map(printable).join('\n  ')}`)
    }
    return `${audit.size} entries computed again, root ${audit.rootHash}: all is as it was written`
  }
}

/** The key is one of the log, whatever its epoch: a restore gives the same key another name. */
function requireSigned(checkpoint: Checkpoint, verifierKey: string): void {
  const { publicKey } = parseVerifierKey(verifierKey)
  if (!isSignedBy(checkpoint, publicKey))
    throw broken(`the checkpoint of ${checkpoint.origin} is not signed by that key`)
}

function proofFrom(file: string): InclusionView {
  try {
    return JSON.parse(readNote(file)) as InclusionView
  } catch (cause) {
    throw new MeshwrightError('LOG_PROOF_INVALID', { message: `${file} is no proof`, cause })
  }
}

const bytesFrom = (base64: string): Buffer => Buffer.from(base64, 'base64')

function broken(message: string, remedy?: string): MeshwrightError {
  return new MeshwrightError('LOG_PROOF_INVALID', { message, ...(remedy === undefined ? {} : { remedy }) })
}
